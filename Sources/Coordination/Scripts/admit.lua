-- Takes all charges of an exchange, or none (algorithms §1.2).
-- KEYS: reservation, limits...   ARGV: id, what to write of the reservation, lifetime in ms, limits...
-- {1, left...} taken   {2} this id was admitted before   {3, now} a budget's window isn't now's
-- {0, index, ms or -1, left} refused by the limit that lasts longest, counted from 0; -1: for ever

local count = #KEYS
local found = call('MGET', unpack(KEYS))
if found[1] then return { 2 } end

for place = 4, #ARGV, 5 do
  if ARGV[place] == 'g' and (now < ARGV[place + 2] + 0 or now >= ARGV[place + 3] + 0) then return { 3, now } end
end

-- What to write where all limits have room, by key; slots have none. As long as most calls need: a table that grows is copied.
local texts, kept = { false, false, false, false, false, false }, { false, false, false, false, false, false }
-- What each limit leaves comes into the place of what was found: it is the reply.
local left, refusal = found, nil

lifetime = ARGV[3] + 0
for i = 2, count do
  local key, place = KEYS[i], i * 5 - 6
  local kind, most, span, cost = ARGV[place], ARGV[place + 1] + 0, ARGV[place + 2] + 0, ARGV[place + 4] + 0
  local wait, rest = 0, nil  -- how long until it has room (0: now, -1: never), and what it has left
  if kind == 'b' then
    local level, at = read_bucket(key, found[i], most, most * span)
    local missing = cost * span - level
    if missing <= 0 or cost == 0 then
      texts[i], kept[i], level = bucket_to_write(place, level - cost * span, at, most, span)
    else
      wait = cost > most and -1 or (missing + -missing % most) / most
    end
    rest = level > 0 and (level - level % span) / span or 0
  elseif kind == 'g' then
    local spent = read_budget(key, found[i])
    rest = spent < most and most - spent or 0
    if cost <= rest then
      texts[i], kept[i] = budget_to_write(place, spent + cost)
      rest = rest - cost
    else
      wait = cost > most and -1 or ARGV[place + 3] - now
    end
  else
    -- Slots that have ended count until somebody finds none free. One call in sixteen forgets them before, so that what is left is true.
    if now % 16 == 0 then call('ZREMRANGEBYSCORE', key, '-inf', format('%d', now)) end
    rest = most - call('ZCARD', key)
    if rest <= 0 then
      tidy(key, span)
      rest = most - call('ZCARD', key)
      if rest <= 0 then wait, rest = 1000, 0 end
    end
  end
  if wait ~= 0 and (not refusal or (refusal[3] >= 0 and (wait < 0 or wait > refusal[3]))) then
    refusal = { 0, i - 2, wait, rest }
  end
  left[i] = rest
end
if refusal then return refusal end

for i = 2, count do
  local key = KEYS[i]
  if texts[i] then
    call('PSETEX', key, kept[i], texts[i])
  else
    local span = ARGV[i * 5 - 4] + 0
    left[i] = left[i] - call('ZADD', key, format('%d', now + span), ARGV[1])  -- 0 where it held a slot already
    call('PEXPIRE', key, format('%d', span))
  end
end
call('PSETEX', KEYS[1], ARGV[3], ARGV[2])
left[1] = 1
return left
