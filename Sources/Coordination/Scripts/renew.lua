-- Prolongs slots of exchanges that still run, and takes them anew where Redis has lost them (algorithms §1.4).
-- KEYS: limit   ARGV: lifetime in ms, ids...

local limit, lifetime = { key = KEYS[1] }, tonumber(ARGV[1])
tidy(limit, lifetime)
for index = 2, #ARGV do redis.call('ZADD', limit.key, digits(now + lifetime), ARGV[index]) end
redis.call('PEXPIRE', limit.key, digits(lifetime))
return redis.status_reply('OK')
