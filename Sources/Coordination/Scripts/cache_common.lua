-- What the cache's scripts share; put in front of each. `now` is Redis' clock in milliseconds.
--
-- lock    string '<owner> <until in ms> <lifetime in ms>'
-- answer  string '<created> <owner> <kind> <status> <ttl> <delta_ms> <input> <output> <cached> <reasoning> <encoding> <bytes> <type>',
--         a line feed, and the body, encoded as said
-- What can't be read, or is of another type, isn't there (MGET says so) and is written anew. The twin is Policy's CacheStore: change
-- both or neither. Each call makes all functions anew and pays for every word.

local KEYS, ARGV, call, format, match = KEYS, ARGV, redis.call, string.format, string.match

-- Who has the lock, and for how many ms; nil for nobody. One that would last longer than it was made for was written before the clock
-- went back.
local function holder(text)
  local owner, till, lifetime = match(text or '', '^(%S+) (%d+) (%d+)$')
  if not owner then return nil, 0 end
  local left = till - now
  if left <= 0 or left > lifetime + 5000 then return nil, 0 end
  return owner, math.min(left, lifetime + 0)
end

-- When an answer was made; nil where there is none, or it was made before the clock went back.
local function created_at(text)
  local created = match(text or '', '^(%d+) ')
  if created and created + 0 <= now + 5000 then return created + 0 end
end

local function write_lock(lock, owner, lifetime)
  call('PSETEX', lock, lifetime, owner .. format(' %d ', now + lifetime) .. lifetime)
end
