-- Takes charges whether they fit or not: what a long stream needs beyond its estimate, what was spent while Redis was away.
-- KEYS: mark, limits...   ARGV: id, owner, lifetime of the mark in ms, limits...
-- {1} taken   {0} this id was charged before. Slots are not charged.

local id, owner, lifetime = ARGV[1], ARGV[2], tonumber(ARGV[3])
local limits = limits_from(4)
local found = texts(limits)
if found[1] then return { 0 } end

for index, limit in ipairs(limits) do
  if limit.kind ~= 's' then take(limit, found[index + 1], id, lifetime) end
end
reserve(KEYS[1], owner, limits, lifetime)
return { 1 }
