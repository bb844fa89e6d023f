-- Notes that a key has changed, and tells those who listen. Noted twice it changed twice, which does no harm.
-- KEYS: epoch, changes, ids   ARGV: id, 1 to list it or 0 to list it no more, changes to remember, channel
-- The epoch of the change. Epochs are milliseconds where they can be: after a loss of all state they go on beyond the old ones.

local epoch_key, changes, ids = KEYS[1], KEYS[2], KEYS[3]
local id, is_listed, most, channel = ARGV[1], ARGV[2] == '1', tonumber(ARGV[3]), ARGV[4]
local former, floor = read_epoch(epoch_key)
local epoch = math.max(former + 1, now)
if former == 0 then floor = epoch - 1 end

redis.call('ZADD', changes, digits(epoch), id)
local excess = redis.call('ZCARD', changes) - most
if excess > 0 then
  floor = tonumber(redis.call('ZRANGE', changes, excess - 1, excess - 1, 'WITHSCORES')[2])
  redis.call('ZREMRANGEBYRANK', changes, 0, excess - 1)
end
redis.call('SET', epoch_key, digits(epoch) .. ' ' .. digits(floor))
if is_listed then redis.call('ZADD', ids, 0, id) else redis.call('ZREM', ids, id) end
redis.call('PUBLISH', channel, id)
return epoch
