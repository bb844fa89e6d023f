-- Stores a flight's answer, ends the flight and tells those who wait.
-- KEYS: meta, body, lock   ARGV: owner, ms to keep it, channel, body, meta's fields and their values...
-- 1 stored   2 this flight stored it before   0 the lock isn't this flight's: nothing was stored

local meta, body, lock = KEYS[1], KEYS[2], KEYS[3]
local owner, kept, channel = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local current = holder(lock)
if current ~= owner then
  if created_at(meta, body) and redis.call('HGET', meta, 'owner') == owner then return 2 end
  return 0
end

local kind = redis.call('TYPE', meta).ok
if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', meta) end
-- The first to write, so that full memory refuses all of it.
redis.call('HSET', meta, 'owner', owner, 'created', digits(now), unpack(ARGV, 5))
redis.call('PEXPIRE', meta, digits(kept))
redis.call('SET', body, ARGV[4], 'PX', digits(kept))
redis.call('DEL', lock)
redis.call('PUBLISH', channel, 'filled')
return 1
