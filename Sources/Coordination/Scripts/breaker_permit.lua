-- Asks for a permit to probe (algorithms §2.2): at most so many start in a half-open generation, whoever asks.
-- KEYS: state, window, probes   ARGV: as in breaker_common, then the permit's id
-- {1, line} it is a probe of that generation, also where the same id asks again   {0, line} no   {2, line} closed: anybody may

local id = ARGV[12]

local function answer()
  if state.state == 'closed' then return 2 end
  if state.state == 'open' then
    if left() > 0 or cool_left() > 0 then return 0 end
    go('half', 'due', ARGV[11] + 0)
  elseif left() == 0 then
    open('probe-lost', 0)
    return 0
  elseif read_hash(PROBES)[id] then
    return 1
  elseif cool_left() > 0 or state.issued >= ARGV[10] + 0 then
    return 0
  end
  state.issued, is_written = state.issued + 1, true
  call('HSET', PROBES, id, digits(now))
  keep(PROBES, lifetime())
  return 1
end

local reply = answer()
return { reply, finish() }
