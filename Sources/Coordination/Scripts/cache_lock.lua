-- Begins a flight: the fetching of an answer by one for all.
-- KEYS: lock, answer   ARGV: owner, lifetime in ms, created of the answer that the owner has seen or 0
-- {1} it is the owner's   {0, holder, ms left} another's   {2} there is another answer by now

if current == ARGV[1] then return { 1 } end
if current then return { 0, current, left } end
local created = created_at()
if (created or 0) ~= ARGV[3] + 0 then return { 2 } end

write_lock(created and KEYS[1] or KEYS[2], ARGV[1], ARGV[2])
return { 1 }
