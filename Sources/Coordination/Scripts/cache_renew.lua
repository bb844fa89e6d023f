-- Prolongs a flight.
-- KEYS: lock   ARGV: owner, lifetime in ms
-- 1 prolonged   0 it is no longer the owner's

local lock, owner = KEYS[1], ARGV[1]
local current = holder(lock)
if current ~= owner then return 0 end
write_lock(lock, owner, tonumber(ARGV[2]))
return 1
