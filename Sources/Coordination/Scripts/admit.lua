-- Takes all charges of an exchange, or none (algorithms §1.2).
-- KEYS: reservation, limits...   ARGV: id, owner, lifetime in ms, limits...
-- {1, left...} taken   {2} this id was admitted before   {3, now} a budget's window isn't now's
-- {0, index, ms or -1, left} refused by the limit that lasts longest, counted from 0; -1: for ever

first = 4
local lifetime, count = tonumber(ARGV[3]), #KEYS - 1
local found = texts()
if found[1] then return { 2 } end

for i = 1, count do
  if ARGV[place(i)] == 'g' and (now < number(i, 2) or now >= number(i, 3)) then return { 3, now } end
end

local read, at = {}, {}

-- How long until a limit has room (0: now, -1: never), and what it has left.
local function room(i)
  local kind, cost = ARGV[place(i)], cost_of(i)
  if kind == 'b' then
    local tokens, window = number(i, 1), number(i, 2)
    local level
    level, at[i] = read_bucket(i, found[i + 1])
    read[i] = level
    local left, missing = floor(max(0, level) / window), cost * window - level
    if cost == 0 or missing <= 0 then return 0, left end
    if cost > tokens then return -1, left end
    return ceiling(missing, tokens), left
  elseif kind == 'g' then
    local capacity = number(i, 1)
    read[i] = read_budget(i, found[i + 1])
    local left = max(0, capacity - read[i])
    if cost <= left then return 0, left end
    if cost > capacity then return -1, left end
    return number(i, 3) - now, left
  end
  local free = max(0, number(i, 1) - held(KEYS[i + 1]))
  if free > 0 then return 0, free end
  tidy(KEYS[i + 1], number(i, 2))  -- or what a clock gone back left too long would hold its slots until nobody remembers
  return SLOT_WAIT, 0
end

local refusal
for i = 1, count do
  local wait, left = room(i)
  if wait ~= 0 then
    local longer = not refusal or (refusal[3] >= 0 and (wait < 0 or wait > refusal[3]))
    if longer then refusal = { 0, i - 1, wait, left } end
  end
end
if refusal then return refusal end

local reply = { 1 }
for i = 1, count do reply[i + 1] = take(i, nil, ARGV[1], lifetime, read[i], at[i]) end
reserve(ARGV[2], lifetime)
return reply
