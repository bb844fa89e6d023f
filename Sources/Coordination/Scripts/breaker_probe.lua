-- Tells how a probe ended (algorithms §2.2, ruling 3).
-- KEYS: state, window, probes   ARGV: as in breaker_common, then the permit's id, its generation, ok, fail, ignore or cooldown, and
-- ms of cooldown
-- {1, line} counted   {0, line} its generation is over, or nobody knows the permit: only a cooldown is taken

local id, outcome = ARGV[12], ARGV[14]
cool_for(ARGV[15] + 0)
if state.state ~= 'half' or state.gen ~= ARGV[13] + 0 or not read_hash(PROBES)[id] then return { 0, finish() } end

call('HDEL', PROBES, id)
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
