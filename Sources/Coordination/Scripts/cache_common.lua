-- What the cache's scripts share; put in front of each. `now` is Redis' clock in milliseconds. KEYS: lock, answer
--
-- lock    string 'L <owner> <until in ms> <lifetime in ms>': of a flight that fetches the answer anew
-- answer  string '<created> <owner> <kind> <status> <ttl> <delta_ms> <input> <output> <cached> <reasoning> <encoding> <bytes> <type>',
--         a line feed, and the body, encoded as said; or the lock of the first flight, as above
-- A look needs no script (CacheLook). What can't be read, or is of another type, isn't there (MGET says so) and is written anew. The
-- twin is Policy's CacheStore: change both or neither. Each call makes all functions anew and pays for every word.

local KEYS, ARGV, call, format, match = KEYS, ARGV, redis.call, string.format, string.match

-- Who has a lock, and for how many ms; nil for nobody. A lock ends with its key: until when is what its writer thought. One that would
-- last longer than it was made for was written before the clock went back.
local function holder(text)
  local owner, till, lifetime = match(text or '', '^L (%S+) (%d+) (%d+)$')
  if not owner then return nil end
  local left = till - now
  if left > lifetime + 5000 then return nil end
  return owner, math.max(1, math.min(left, lifetime + 0))
end

-- The flight: its owner, the ms that it has left, and where its lock stands. Both places are read at once: a call costs more than an
-- answer of common size, and what is in the answer's place is mostly a lock.
local place, found = KEYS[1], call('MGET', KEYS[1], KEYS[2])
local answer = found[2]
local current, left = holder(found[1])
if not current then
  place = KEYS[2]
  current, left = holder(answer)
end

-- When the answer was made; nil where there is none, or it was made before the clock went back.
local function created_at()
  local created = match(answer or '', '^(%d+) ')
  if created and created + 0 <= now + 5000 then return created + 0 end
end

-- An answer stays for as long as somebody replaces it, so that nobody takes this for a first flight.
local function write_lock(key, owner, lifetime)
  if key == KEYS[1] and call('PTTL', KEYS[2]) < lifetime + 0 then call('PEXPIRE', KEYS[2], lifetime) end
  call('PSETEX', key, lifetime, 'L ' .. owner .. format(' %d ', now + lifetime) .. lifetime)
end
