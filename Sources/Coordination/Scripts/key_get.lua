-- Reads a key's record.
-- KEYS: record
-- {now, field, value...}; no fields where there is none

local reply = redis.call('HGETALL', KEYS[1])
table.insert(reply, 1, now)
return reply
