-- Prolongs a flight.
-- KEYS: lock, answer   ARGV: owner, lifetime in ms
-- 1 prolonged   0 it is no longer the owner's

if current ~= ARGV[1] then return 0 end
write_lock(place, ARGV[1], ARGV[2])
return 1
