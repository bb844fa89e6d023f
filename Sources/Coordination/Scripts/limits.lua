-- What the limits' scripts share; put in front of each. `now` is Redis' clock in milliseconds.
--
-- A limit is a key behind the first, and five arguments: kind, three numbers, cost. Kinds:
--   b  tokens, window in ms, 0         string '<level in units> <ms> <tokens> <window>'; one token is `window` units
--   g  capacity, first ms, last ms     string '<spent> <capacity>'
--   s  count, lifetime in ms, 0        sorted set: holder -> ms at which its slot ends
-- Numbers are whole and stay below 2^53. The twin is Policy's LimitStore: change both or neither.
-- Functions take a limit's number: a table for each would cost as much as all the rest.

local TOLERANCE, SLACK, GRACE, SLOT_WAIT = 5000, 2000, 3600000, 1000
local call, format, match, floor, max, min = redis.call, string.format, string.match, math.floor, math.max, math.min

-- Where the limits' arguments begin; each script says.
local first

-- The place of limit `i`'s kind among the arguments.
local function place(i) return first + (i - 1) * 5 end
local function number(i, which) return tonumber(ARGV[first + (i - 1) * 5 + which]) end
local function cost_of(i) return tonumber(ARGV[first + (i - 1) * 5 + 4]) end

local function ceiling(dividend, divisor)
  if dividend <= 0 then return 0 end
  return floor((dividend - 1) / divisor) + 1
end

-- The strings of the first key and of the limits. A limit's that is missing is asked for alone: MGET hides values of another type.
local function texts()
  local found = call('MGET', unpack(KEYS))
  for i = 1, #KEYS - 1 do
    if not found[i + 1] and ARGV[place(i)] ~= 's' then found[i + 1] = call('GET', KEYS[i + 1]) end
  end
  return found
end

-- Level and time of a bucket at `now`; absent is full.
local function read_bucket(i, text)
  local tokens = number(i, 1)
  local capacity = tokens * number(i, 2)
  if not text then return capacity, now end
  local level, at = match(text, '^(-?%d+) (%d+) %d+ %d+$')
  if not level then error('BADVALUE ' .. KEYS[i + 1]) end
  level, at = max(-capacity, min(capacity, tonumber(level))), tonumber(at)
  if at > now + TOLERANCE then at = now end
  local elapsed = max(0, now - at)
  if elapsed >= ceiling(capacity - level, tokens) then
    level = capacity
  else
    level = level + elapsed * tokens
  end
  return level, max(at, now)
end

-- Writes a bucket after taking `taken` tokens, and returns what is left.
local function write_bucket(i, level, at, taken, lifetime)
  local tokens, window = number(i, 1), number(i, 2)
  local capacity = tokens * window
  level = max(-capacity, min(capacity, level - taken * window))
  local kept = max(ceiling(capacity - level, tokens) + SLACK, lifetime)
  call('SET', KEYS[i + 1], format('%d %d %d %d', level, at, tokens, window), 'PX', format('%d', kept))
  return floor(max(0, level) / window)
end

local function read_budget(i, text)
  if not text then return 0 end
  local spent = match(text, '^(%d+) %d+$')
  if not spent then error('BADVALUE ' .. KEYS[i + 1]) end
  return tonumber(spent)
end

local function write_budget(i, spent)
  local capacity = number(i, 1)
  local kept = max(1, number(i, 3) + GRACE - now)
  call('SET', KEYS[i + 1], format('%d %d', spent, capacity), 'PX', format('%d', kept))
  return max(0, capacity - spent)
end

-- Slots that are held now.
local function held(key) return call('ZCOUNT', key, format('(%d', now), '+inf') end

-- Forgets slots that have ended, and cuts those that a clock gone back left too long.
local function tidy(key, lifetime)
  call('ZREMRANGEBYSCORE', key, '-inf', format('%d', now))
  local latest = format('%d', now + lifetime)
  for _, holder in ipairs(call('ZRANGEBYSCORE', key, '(' .. latest, '+inf')) do
    call('ZADD', key, latest, holder)
  end
end

-- Takes a limit's cost, whether it fits or not, and returns what is left. What was read of it before need not be read again: a
-- bucket's level and time, what a budget has spent.
local function take(i, text, id, lifetime, read, at)
  local kind = ARGV[place(i)]
  if kind == 'b' then
    if not read then read, at = read_bucket(i, text) end
    return write_bucket(i, read, at, cost_of(i), lifetime)
  elseif kind == 'g' then
    return write_budget(i, (read or read_budget(i, text)) + cost_of(i))
  end
  local key, span = KEYS[i + 1], number(i, 2)
  tidy(key, span)
  call('ZADD', key, format('%d', now + span), id)
  call('PEXPIRE', key, format('%d', span))
  return max(0, number(i, 1) - call('ZCARD', key))
end

local function reserve(owner, lifetime)
  local text = owner
  for i = 1, #KEYS - 1 do text = text .. ' ' .. format('%d', cost_of(i)) end
  call('SET', KEYS[1], text, 'PX', format('%d', lifetime))
end
