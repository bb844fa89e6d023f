-- Tells how a probe ended (algorithms §2.2, ruling 3).
-- KEYS: state, window, probes   ARGV: as in breaker_common, then the permit's id, its generation, ok, fail, ignore or cooldown, and
-- ms of cooldown
-- {1, line} counted   {0, line} its generation is over, or nobody knows the permit: only a cooldown is taken

local id, outcome = ARGV[12], ARGV[14]
local probes = read_hash(PROBES)
if not ended(probes[id]) then cool_for(ARGV[15] + 0) end
if state.state ~= 'half' or state.gen ~= ARGV[13] + 0 or not probes[id] or ended(probes[id]) then return { 0, finish() } end

-- Its end is remembered for a while: the same request for its permit may come once more, late, and is not to take another.
local gone = {}
for name, at in pairs(probes) do
  local past = now - (ended(at) or now)
  if max(past, -past) > TOLERANCE then gone[#gone + 1] = name end
end
if #gone > 0 then call('HDEL', PROBES, unpack(gone)) end
call('HSET', PROBES, id, '-' .. digits(now))
is_written = true
if outcome == 'fail' then
  open('probe-failed', state.opens)
  state.opens = state.opens + 1
elseif outcome == 'ok' then
  state.succeeded = state.succeeded + 1
  if state.succeeded >= ARGV[10] + 0 then
    go('closed', 'recovered', 0)
    state.opens = 0
  end
else
  state.issued = state.issued - 1
end
keep(PROBES, lifetime())
return { 1, finish() }
