-- Begins a flight: the fetching of an answer by one for all.
-- KEYS: lock, answer   ARGV: owner, lifetime in ms, created of the answer that the owner has seen or 0
-- {1} it is the owner's   {0, holder, ms left} another's   {2} there is another answer by now

local current, left = holder(call('MGET', KEYS[1])[1])
if current == ARGV[1] then return { 1 } end
if current then return { 0, current, left } end
if (created_at(call('MGET', KEYS[2])[1]) or 0) ~= ARGV[3] + 0 then return { 2 } end

write_lock(KEYS[1], ARGV[1], ARGV[2])
return { 1 }
