-- Ends a flight without an answer, and tells those who wait.
-- KEYS: lock   ARGV: owner, channel
-- 1 ended   0 it wasn't the owner's

if holder(call('MGET', KEYS[1])[1]) ~= ARGV[1] then return 0 end
call('DEL', KEYS[1])
call('PUBLISH', ARGV[2], 'failed')
return 1
