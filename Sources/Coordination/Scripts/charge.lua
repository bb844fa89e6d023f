-- Takes charges whether they fit or not: what a long stream needs beyond its estimate, what was spent while Redis was away.
-- KEYS: mark, limits...   ARGV: id, what to write of the mark, its lifetime in ms, limits...
-- {1} taken   {0} this id was charged before. Slots are not charged.

local found = call('MGET', unpack(KEYS))
if found[1] then return { 0 } end

lifetime = ARGV[3] + 0
local texts, kept = {}, {}
for i = 2, #KEYS do
  local place = i * 5 - 6
  if ARGV[place] ~= 's' then texts[i], kept[i] = taken(place, KEYS[i], found[i], ARGV[place + 4] + 0) end
end
for i = 2, #KEYS do
  if texts[i] then call('PSETEX', KEYS[i], kept[i], texts[i]) end
end
call('PSETEX', KEYS[1], ARGV[3], ARGV[2])
return { 1 }
