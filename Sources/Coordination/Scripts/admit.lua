-- Takes all charges of an exchange, or none (algorithms §1.2).
-- KEYS: reservation, limits...   ARGV: id, owner, lifetime in ms, limits...
-- {1, left...} taken   {2} this id was admitted before   {3, now} a budget's window isn't now's
-- {0, index, ms or -1, left} refused by the limit that lasts longest, counted from 0; -1: for ever

local id, owner, lifetime = ARGV[1], ARGV[2], tonumber(ARGV[3])
local limits = limits_from(4)
local found = texts(limits)
if found[1] then return { 2 } end

for _, limit in ipairs(limits) do
  if limit.kind == 'g' and (now < limit.y or now >= limit.z) then return { 3, now } end
end

-- How long until a limit has room (0: now, -1: never), and what it has left.
local function room(limit, text)
  if limit.kind == 'b' then
    local level = read_bucket(limit, text)
    local left = math.floor(math.max(0, level) / limit.y)
    local missing = limit.cost * limit.y - level
    if limit.cost == 0 or missing <= 0 then return 0, left end
    if limit.cost > limit.x then return -1, left end
    return ceiling(missing, limit.x), left
  elseif limit.kind == 'g' then
    local left = math.max(0, limit.x - read_budget(limit, text))
    if limit.cost <= left then return 0, left end
    if limit.cost > limit.x then return -1, left end
    return limit.z - now, left
  end
  local free = math.max(0, limit.x - held(limit))
  if free > 0 then return 0, free end
  return SLOT_WAIT, 0
end

local refusal
for index, limit in ipairs(limits) do
  local wait, left = room(limit, found[index + 1])
  if wait ~= 0 then
    local longer = not refusal or (refusal[3] >= 0 and (wait < 0 or wait > refusal[3]))
    if longer then refusal = { 0, index - 1, wait, left } end
  end
end
if refusal then return refusal end

local reply = { 1 }
for index, limit in ipairs(limits) do
  reply[#reply + 1] = take(limit, found[index + 1], id, lifetime)
end
reserve(KEYS[1], owner, limits, lifetime)
return reply
