-- Prolongs a flight.
-- KEYS: lock   ARGV: owner, lifetime in ms
-- 1 prolonged   0 it is no longer the owner's

if holder(call('MGET', KEYS[1])[1]) ~= ARGV[1] then return 0 end
write_lock(KEYS[1], ARGV[1], ARGV[2])
return 1
