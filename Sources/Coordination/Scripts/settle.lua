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
  local kind, text, reserved = ARGV[place(i)], found[i + 1], tonumber(cost)
  if kind == 'b' then
    local level, at = read_bucket(i, text)
    write_bucket(i, level, at, cost_of(i) - reserved, 0)
  elseif kind == 'g' then
    write_budget(i, max(0, read_budget(i, text) + cost_of(i) - reserved))
  else
    local key, span = KEYS[i + 1], number(i, 2)
    tidy(key, span)
    call('ZREM', key, ARGV[1])
    call('PEXPIRE', key, format('%d', span))
  end
end
return { 1 }
