-- Puts what an exchange really took in the place of what was reserved, and gives its slots back (algorithms §1.2).
-- KEYS: reservation, limits... as at its admission   ARGV: id, limits... with the real costs
-- {1} settled   {0} there is no reservation; slots were given back, as a renewal may have taken them anew

local reservation = call('GET', KEYS[1])
local texts, kept = { false, false, false, false, false, false }, { false, false, false, false, false, false }
if reservation then
  local i, place = 1, -3
  for reserved in string.gmatch(reservation, ' (%d+)') do
    i, place = i + 1, place + 5
    local key, cost = KEYS[i], ARGV[place + 4]
    if not key then break end
    -- Read alone: what was reserved rightly isn't read at all.
    if ARGV[place] ~= 's' and cost ~= reserved then texts[i], kept[i] = taken(place, key, nil, cost - reserved) end
  end
end

for i = 2, #KEYS do
  if ARGV[i * 5 - 8] == 's' then call('ZREM', KEYS[i], ARGV[1]) end  -- whoever takes one next tidies up
end
if not reservation then return { 0 } end
for i = 2, #KEYS do
  if texts[i] then call('PSETEX', KEYS[i], kept[i], texts[i]) end
end
call('DEL', KEYS[1])
return { 1 }
