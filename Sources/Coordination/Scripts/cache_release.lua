-- Ends a flight without an answer, and tells those who wait.
-- KEYS: lock, answer   ARGV: owner, channel
-- 1 ended   0 it wasn't the owner's

if current ~= ARGV[1] then return 0 end
call('DEL', place)
call('PUBLISH', ARGV[2], 'failed')
return 1
