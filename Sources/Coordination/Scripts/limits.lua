-- What the limits' scripts share; put in front of each. `now` is Redis' clock in milliseconds.
--
-- A limit is five arguments: kind, three numbers, cost. Kinds:
--   b  tokens, window in ms, 0         string '<level in units> <ms> <tokens> <window>'; one token is `window` units
--   g  capacity, first ms, last ms     string '<spent> <capacity>'
--   s  count, lifetime in ms, 0        sorted set: holder -> ms at which its slot ends
-- Numbers stay below 2^53. The twin is Policy's LimitStore: change both or neither.

local TOLERANCE, SLACK, GRACE, SLOT_WAIT = 5000, 2000, 3600000, 1000

local function digits(number) return string.format('%.0f', number) end

local function ceiling(dividend, divisor)
  if dividend <= 0 then return 0 end
  return math.floor((dividend - 1) / divisor) + 1
end

-- The limits of a call whose arguments begin at `first`, each with its key.
local function limits_from(first)
  local limits = {}
  for index = 2, #KEYS do
    local at = first + (index - 2) * 5
    limits[#limits + 1] = {
      key = KEYS[index], kind = ARGV[at], x = tonumber(ARGV[at + 1]), y = tonumber(ARGV[at + 2]),
      z = tonumber(ARGV[at + 3]), cost = tonumber(ARGV[at + 4])
    }
  end
  return limits
end

-- The strings of the reservation and of the limits. A limit's that is missing is asked for alone: MGET hides values of another type.
local function texts(limits)
  local found = redis.call('MGET', unpack(KEYS))
  for index = 2, #KEYS do
    if not found[index] and limits[index - 1].kind ~= 's' then found[index] = redis.call('GET', KEYS[index]) end
  end
  return found
end

local function bounded(level, capacity) return math.max(-capacity, math.min(capacity, level)) end

-- Level and time of a bucket at `now`; absent is full.
local function read_bucket(limit, text)
  local capacity = limit.x * limit.y
  if not text then return capacity, now end
  local level, at = string.match(text, '^(-?%d+) (%d+) %d+ %d+$')
  if not level then error('BADVALUE ' .. limit.key) end
  level, at = bounded(tonumber(level), capacity), tonumber(at)
  if at > now + TOLERANCE then at = now end
  local elapsed = math.max(0, now - at)
  if elapsed >= ceiling(capacity - level, limit.x) then
    level = capacity
  else
    level = level + elapsed * limit.x
  end
  return level, math.max(at, now)
end

-- Writes a bucket after taking `tokens`, and returns what is left.
local function write_bucket(limit, level, at, tokens, lifetime)
  local capacity = limit.x * limit.y
  level = bounded(level - tokens * limit.y, capacity)
  local kept = math.max(ceiling(capacity - level, limit.x) + SLACK, lifetime)
  redis.call('SET', limit.key,
    digits(level) .. ' ' .. digits(at) .. ' ' .. digits(limit.x) .. ' ' .. digits(limit.y), 'PX', digits(kept))
  return math.floor(math.max(0, level) / limit.y)
end

local function read_budget(limit, text)
  if not text then return 0 end
  local spent = string.match(text, '^(%d+) %d+$')
  if not spent then error('BADVALUE ' .. limit.key) end
  return tonumber(spent)
end

local function write_budget(limit, spent)
  redis.call('SET', limit.key, digits(spent) .. ' ' .. digits(limit.x),
    'PX', digits(math.max(1, limit.z + GRACE - now)))
  return math.max(0, limit.x - spent)
end

-- Slots that are held now.
local function held(limit) return redis.call('ZCOUNT', limit.key, '(' .. digits(now), '+inf') end

-- Forgets slots that have ended, and cuts those that a clock gone back left too long.
local function tidy(limit, lifetime)
  redis.call('ZREMRANGEBYSCORE', limit.key, '-inf', digits(now))
  local latest = digits(now + lifetime)
  for _, holder in ipairs(redis.call('ZRANGEBYSCORE', limit.key, '(' .. latest, '+inf')) do
    redis.call('ZADD', limit.key, latest, holder)
  end
end

-- Takes a limit's cost, whether it fits or not, and returns what is left.
local function take(limit, text, id, lifetime)
  if limit.kind == 'b' then
    local level, at = read_bucket(limit, text)
    return write_bucket(limit, level, at, limit.cost, lifetime)
  elseif limit.kind == 'g' then
    return write_budget(limit, read_budget(limit, text) + limit.cost)
  end
  tidy(limit, limit.y)
  redis.call('ZADD', limit.key, digits(now + limit.y), id)
  redis.call('PEXPIRE', limit.key, digits(limit.y))
  return math.max(0, limit.x - redis.call('ZCARD', limit.key))
end

local function reserve(key, owner, limits, lifetime)
  local words = { owner }
  for _, limit in ipairs(limits) do words[#words + 1] = digits(limit.cost) end
  redis.call('SET', key, table.concat(words, ' '), 'PX', digits(lifetime))
end
