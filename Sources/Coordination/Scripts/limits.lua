-- What the limits' scripts share; put in front of each. `now` is Redis' clock in milliseconds.
--
-- A limit is a key behind the first, and five arguments: kind, three numbers, cost. Kinds:
--   b  tokens, window in ms, 0         string '<level in units> <ms> <tokens> <window>'; one token is `window` units
--   g  capacity, first ms, last ms     string '<spent> <capacity>'
--   s  count, lifetime in ms, 0        sorted set: holder -> ms at which its slot ends
-- Numbers are whole and stay below 2^53. The twin is Policy's LimitStore: change both or neither.
--
-- Each call makes all functions anew and pays for every word: so few functions, `+ 0` in the place of `tonumber`, `x - x % y` of
-- `floor`, `x + -x % y` of a ceiling, PSETEX of SET with PX, and no table for a limit. `place` is that of a limit's kind in ARGV,
-- `found` what MGET answered of its key: nothing for values of another type too, so what is missing is asked for alone.

local KEYS, ARGV, call, format, match = KEYS, ARGV, redis.call, string.format, string.match

-- Milliseconds that a bucket is kept at least: ARGV[3] as a number, where a script has it.
local lifetime = 0

-- Level and time of a bucket at `now`; absent is full.
local function read_bucket(key, found, tokens, capacity)
  local text = found or call('GET', key)
  if not text then return capacity, now end
  local level, at = match(text, '^(-?%d+) (%d+) %d+ %d+$')
  if not level then error('BADVALUE ' .. key) end
  level, at = level + 0, at + 0
  if at > now + 5000 then
    -- The clock has gone back. Who is refused writes nothing, and would find the time to come again and again.
    at = now
    call('SET', key, format('%d %d', level, now) .. match(text, ' %d+ %d+$'), 'KEEPTTL')
  end
  if level < -capacity then level = -capacity end
  if at < now then level, at = level + (now - at) * tokens, now end
  if level > capacity then level = capacity end
  return level, at
end

-- What to write of a bucket, and for how long: until it is full, and 2 s. Then its level, which is cut to the capacity.
local function bucket_to_write(place, level, at, tokens, window)
  local capacity = tokens * window
  if level > capacity then level = capacity elseif level < -capacity then level = -capacity end
  local missing = capacity - level
  local kept = (missing + -missing % tokens) / tokens + 2000
  local text = format('%d %d ', level, at) .. ARGV[place + 1] .. ' ' .. ARGV[place + 2]
  return text, kept > lifetime and format('%d', kept) or ARGV[3], level
end

-- What a budget has spent.
local function read_budget(key, found)
  local text = found or call('GET', key)
  if not text then return 0 end
  local spent = match(text, '^(%d+) %d+$')
  if not spent then error('BADVALUE ' .. key) end
  return spent + 0
end

-- What to write of a budget, and for how long: its window, and an hour.
local function budget_to_write(place, spent)
  local kept = ARGV[place + 3] + 3600000 - now
  return format('%d ', spent) .. ARGV[place + 1], format('%d', kept > 1 and kept or 1)
end

-- What to write of a bucket or a budget, and for how long, once a cost is taken, whether it fits or not; one below zero is given
-- back. Who takes several writes nothing before all were read: where one is none of ours, nothing has changed.
local function taken(place, key, found, cost)
  if ARGV[place] == 'b' then
    local tokens, window = ARGV[place + 1] + 0, ARGV[place + 2] + 0
    local level, at = read_bucket(key, found, tokens, tokens * window)
    local text, kept = bucket_to_write(place, level - cost * window, at, tokens, window)
    return text, kept
  end
  local spent = read_budget(key, found) + cost
  return budget_to_write(place, spent > 0 and spent or 0)
end

-- Forgets slots that have ended, and cuts those that a clock gone back left too long.
local function tidy(key, span)
  call('ZREMRANGEBYSCORE', key, '-inf', format('%d', now))
  local latest = format('%d', now + span)
  for _, holder in ipairs(call('ZRANGEBYSCORE', key, '(' .. latest, '+inf')) do
    call('ZADD', key, latest, holder)
  end
end
