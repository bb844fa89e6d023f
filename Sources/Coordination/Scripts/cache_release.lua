-- Ends a flight without an answer, and tells those who wait.
-- KEYS: lock   ARGV: owner, channel
-- 1 ended   0 it wasn't the owner's

local lock, owner = KEYS[1], ARGV[1]
local current = holder(lock)
if current ~= owner then return 0 end
redis.call('DEL', lock)
redis.call('PUBLISH', ARGV[2], 'failed')
return 1
