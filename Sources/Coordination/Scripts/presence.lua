-- Says that a replica is there, and counts those that are.
-- KEYS: register   ARGV: replica, lifetime in ms
-- {now, replicas}   A sorted set: replica -> ms at which it is taken for gone, unless it says so again.

local register, replica, lifetime = KEYS[1], ARGV[1], tonumber(ARGV[2])
local latest = string.format('%.0f', now + lifetime)
redis.call('ZADD', register, latest, replica)  -- first: what a full memory refuses
redis.call('ZREMRANGEBYSCORE', register, '-inf', string.format('%.0f', now))
for _, other in ipairs(redis.call('ZRANGEBYSCORE', register, '(' .. latest, '+inf')) do
  redis.call('ZADD', register, latest, other)
end
redis.call('PEXPIRE', register, lifetime)
return { now, redis.call('ZCARD', register) }
