-- Puts what exchanges really took in the place of what was reserved, and gives their slots back (algorithms §1.2). A call is for many:
-- what a call costs by itself is more than one settlement does. One that fails leaves those before it settled, which may be asked again.
-- KEYS: for each exchange its reservation, limits... as at its admission   ARGV: for each: id, number of limits, limits... with the
-- real costs
-- For each: 1 settled   0 there is no reservation; slots were given back, as a renewal may have taken them anew

local reply, first, start = {}, 1, 1

while first <= #KEYS do
  local id, last = ARGV[start], first + ARGV[start + 1]
  local reservation = call('GET', KEYS[first])
  local texts, kept = { false, false, false, false }, { false, false, false, false }
  if reservation then
    local i, place = 0, start - 3
    for reserved in string.gmatch(reservation, ' (%d+)') do
      i, place = i + 1, place + 5
      if first + i > last then break end
      local cost = ARGV[place + 4]
      -- Read alone: what was reserved rightly isn't read at all.
      if ARGV[place] ~= 's' and cost ~= reserved then
        texts[i], kept[i] = taken(place, KEYS[first + i], nil, cost - reserved)
      end
    end
  end

  for i = 1, last - first do
    if ARGV[start + i * 5 - 3] == 's' then call('ZREM', KEYS[first + i], id) end  -- whoever takes one next tidies up
  end
  if reservation then
    for i = 1, last - first do
      if texts[i] then call('PSETEX', KEYS[first + i], kept[i], texts[i]) end
    end
    call('DEL', KEYS[first])
  end
  reply[#reply + 1] = reservation and 1 or 0
  start, first = start + 2 + 5 * (last - first), last + 1
end
return reply
