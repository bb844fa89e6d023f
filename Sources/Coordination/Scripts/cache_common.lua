-- What the cache's scripts share; put in front of each. `now` is Redis' clock in milliseconds.
--
-- meta  hash: kind status type ttl delta_ms input output cached reasoning encoding bytes, created and owner
-- body  string, encoded as meta says
-- lock  string '<owner> <until in ms> <lifetime in ms>'
-- What can't be read isn't there, and is written anew. The twin is Policy's CacheStore: change both or neither.

local TOLERANCE = 5000

local function digits(number) return string.format('%.0f', number) end

-- What a reading command answers; nil where its key is of another type.
local function ask(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then return nil end
  return reply
end

-- When the stored answer was made; nil where there is none or only a part (memory may evict one key of two), or it was made
-- before the clock went back.
local function created_at(meta, body)
  local created = ask('HGET', meta, 'created')
  if not created or not string.match(created, '^%d+$') then return nil end
  if redis.call('TYPE', body).ok ~= 'string' then return nil end
  created = tonumber(created)
  if created > now + TOLERANCE then return nil end
  return created
end

-- Who has the lock, and for how many ms; nil for nobody.
local function holder(lock)
  local owner, till, lifetime = string.match(ask('GET', lock) or '', '^(%S+) (%d+) (%d+)$')
  if not owner then return nil, 0 end
  local left = tonumber(till) - now
  if left <= 0 or left > tonumber(lifetime) + TOLERANCE then return nil, 0 end
  return owner, math.min(left, tonumber(lifetime))
end

local function write_lock(lock, owner, lifetime)
  redis.call('SET', lock, owner .. ' ' .. digits(now + lifetime) .. ' ' .. digits(lifetime), 'PX', digits(lifetime))
end
