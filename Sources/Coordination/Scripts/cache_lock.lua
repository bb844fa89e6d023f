-- Begins a flight: the fetching of an answer by one for all.
-- KEYS: meta, body, lock   ARGV: owner, lifetime in ms, created of the answer that the owner has seen or 0
-- {1} it is the owner's   {0, holder, ms left} another's   {2} there is another answer by now

local meta, body, lock = KEYS[1], KEYS[2], KEYS[3]
local owner, lifetime, seen = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local current, left = holder(lock)
if current == owner then return { 1 } end
if current then return { 0, current, left } end
if (created_at(meta, body) or 0) ~= seen then return { 2 } end

write_lock(lock, owner, lifetime)
return { 1 }
