-- Puts what an exchange really took in the place of what was reserved, and gives its slots back (algorithms §1.2).
-- KEYS: reservation, limits... as at its admission   ARGV: id, limits... with the real costs
-- {1} settled   {0} there is no reservation; nothing was changed

first = 2
local found = texts()
if not found[1] then return { 0 } end
call('DEL', KEYS[1])

local i = 0
for cost in string.gmatch(found[1], ' (%d+)') do
  i = i + 1
  if i >= #KEYS then break end
  local kind, text, more = ARGV[place(i)], found[i + 1], cost_of(i) - tonumber(cost)
  if kind == 'b' then
    if more ~= 0 then
      local level, at = read_bucket(i, text)
      write_bucket(i, level, at, more, 0)
    end
  elseif kind == 'g' then
    if more ~= 0 then write_budget(i, max(0, read_budget(i, text) + more)) end
  else
    local key, span = KEYS[i + 1], number(i, 2)
    tidy(key, span)
    call('ZREM', key, ARGV[1])
    call('PEXPIRE', key, format('%d', span))
  end
end
return { 1 }
