-- Notes that an answer was judged: once, and of a session one in a second counts.
-- KEYS: mark, session   ARGV: call
-- 1 it counts   2 its session has judged another answer in this second   0 it was judged before
-- The twin is Policy's FeedbackStore: change both or neither.

local LIFETIME, TICK = 90000000, 1000

local found = redis.call('GET', KEYS[1])
if found then
  local call, reply = string.match(found, '^(%S+) ([12])$')
  if not call then error('BADVALUE ' .. KEYS[1]) end
  if call == ARGV[1] then return reply + 0 end
  return 0
end

local reply = 2
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', TICK) then reply = 1 end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. reply, 'PX', LIFETIME)
return reply
