-- Asks for a permit to probe (algorithms §2.2): at most so many start in a half-open generation, whoever asks.
-- KEYS: state, window, probes   ARGV: as in breaker_common, then the permit's id
-- {1, line} it is a probe of that generation, also where the same id asks again   {0, line} no, or its probe has ended already
-- {2, line} closed: anybody may

local id = ARGV[12]

-- Milliseconds since the oldest probe that nothing has been heard of began; nil where one is forgotten, or of a clock that has gone back.
local function oldest(probes)
  local age, count = 0, 0
  for _, at in pairs(probes) do
    if not ended(at) then
      local past = now - (match(at, '^%d+$') or 0)
      if past < -TOLERANCE then return nil end
      age, count = max(age, past), count + 1
    end
  end
  if count < state.issued - state.succeeded then return nil end
  return age
end

local function answer()
  if state.state == 'closed' then return 2 end
  if state.state == 'open' then
    if left() > 0 or cool_left() > 0 then return 0 end
    go('half', 'due', ARGV[11] + 0)
  else
    local probes = read_hash(PROBES)
    if left() == 0 then
      local age = oldest(probes)
      if not age or age >= ARGV[11] + 0 then
        open('probe-lost', 0)
        return 0
      end
      -- Few calls come by: nothing is lost, and the generation goes on until the oldest probe would be.
      state.span = ARGV[11] - age
      state['until'], is_written = now + state.span, true
    end
    if ended(probes[id]) then return 0 end
    if probes[id] then return 1 end
    if cool_left() > 0 or state.issued >= ARGV[10] + 0 then return 0 end
  end
  state.issued, is_written = state.issued + 1, true
  call('HSET', PROBES, id, digits(now))
  keep(PROBES, lifetime())
  return 1
end

local reply = answer()
return { reply, finish() }
