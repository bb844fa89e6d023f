-- Takes charges whether they fit or not: what a long stream needs beyond its estimate, what was spent while Redis was away.
-- KEYS: mark, limits...   ARGV: id, owner, lifetime of the mark in ms, limits...
-- {1} taken   {0} this id was charged before. Slots are not charged.

first = 4
local lifetime = tonumber(ARGV[3])
local found = texts()
if found[1] then return { 0 } end

for i = 1, #KEYS - 1 do
  if ARGV[place(i)] ~= 's' then take(i, found[i + 1], ARGV[1], lifetime) end
end
reserve(ARGV[2], lifetime)
return { 1 }
