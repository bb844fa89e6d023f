-- Looks for an answer, and for who fetches a new one. Where there is neither, and an owner is named, the flight is the owner's.
-- KEYS: lock, answer   ARGV: none, or owner, lifetime in ms
-- {now, holder or '', ms left}   {now, holder or '', ms left, answer}   {now, '', 0, 1} the flight is the owner's

local found = call('MGET', KEYS[1], KEYS[2])
local current, left = holder(found[1])
if created_at(found[2]) then return { now, current or '', left, found[2] } end
if not ARGV[1] or (current and current ~= ARGV[1]) then return { now, current or '', left } end

if not current then write_lock(KEYS[1], ARGV[1], ARGV[2]) end
return { now, '', 0, 1 }
