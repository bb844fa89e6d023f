-- Puts what an exchange really took in the place of what was reserved, and gives its slots back (algorithms §1.2).
-- KEYS: reservation, limits... as at its admission   ARGV: id, limits... with the real costs
-- {1} settled   {0} there is no reservation; nothing was changed

local id = ARGV[1]
local limits = limits_from(2)
local found = texts(limits)
if not found[1] then return { 0 } end

local costs = {}
for cost in string.gmatch(found[1], ' (%d+)') do costs[#costs + 1] = tonumber(cost) end
redis.call('DEL', KEYS[1])

for index, limit in ipairs(limits) do
  local reserved, text = costs[index], found[index + 1]
  if not reserved then break end
  if limit.kind == 'b' then
    local level, at = read_bucket(limit, text)
    write_bucket(limit, level, at, limit.cost - reserved, 0)
  elseif limit.kind == 'g' then
    write_budget(limit, math.max(0, read_budget(limit, text) + limit.cost - reserved))
  else
    tidy(limit, limit.y)
    redis.call('ZREM', limit.key, id)
    redis.call('PEXPIRE', limit.key, digits(limit.y))
  end
end
return { 1 }
