-- Notes that an answer was judged: once, and of a session one in a second counts; and whether its session rejects its last answer.
-- KEYS: mark, session, and rejection where rules ask for it   ARGV: call, and with a third key 1 it rejects or 0 it does not
-- 1 it counts   2 its session has judged another answer in this second   0 it was judged before
-- The twin is Policy's FeedbackStore: change both or neither.

local LIFETIME, TICK = 90000000, 1000
local REJECTION = 600000

local found = redis.call('GET', KEYS[1])
if found then
  local call, reply = string.match(found, '^(%S+) ([12])$')
  if not call then error('BADVALUE ' .. KEYS[1]) end
  if call == ARGV[1] then return reply + 0 end
  return 0
end

if KEYS[3] then
  if ARGV[2] == '1' then
    redis.call('SET', KEYS[3], ARGV[1], 'PX', REJECTION)
  else
    redis.call('DEL', KEYS[3])
  end
end

local reply = 2
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', TICK) then reply = 1 end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. reply, 'PX', LIFETIME)
return reply
