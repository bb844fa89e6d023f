-- Prolongs slots of exchanges that still run, and takes them anew where Redis has lost them (algorithms §1.4).
-- KEYS: limit   ARGV: lifetime in ms, ids...

local key, lifetime = KEYS[1], tonumber(ARGV[1])
tidy(key, lifetime)
for index = 2, #ARGV do call('ZADD', key, format('%d', now + lifetime), ARGV[index]) end
call('PEXPIRE', key, format('%d', lifetime))
return redis.status_reply('OK')
