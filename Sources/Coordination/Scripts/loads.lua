-- Tells how many requests a replica has in flight at each endpoint, and answers what all have (algorithms §3.3).
-- KEYS: loads   ARGV: replica, sequence, '<endpoint>=<count>;…', 'all' or '', 'sweep' or ''
-- {now, 1 or 0 where something later was told before, replica, value, …}
-- A hash: replica -> '<ms> <sequence> <endpoint>=<count>;…'. Who reads it passes over what is older than 1.2 s. The twin is Policy's
-- LoadStore: change both or neither.

local key, replica = KEYS[1], ARGV[1]
local function parse(value) return string.match(value or '', '^(%d+) (%d+) ') end

local _, sequence = parse(redis.call('HGET', key, replica))
local is_new = not sequence or sequence + 0 < ARGV[2] + 0
if is_new then
  redis.call('HSET', key, replica, string.format('%d ', now) .. ARGV[2] .. ' ' .. ARGV[3])
end
redis.call('PEXPIRE', key, 60000)

if ARGV[5] == 'sweep' then
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    local at = parse(all[i + 1])
    if not at or now - at >= 10000 or at - now > 5000 then redis.call('HDEL', key, all[i]) end
  end
end

local reply = { now, is_new and 1 or 0 }
if ARGV[4] == 'all' then
  for _, word in ipairs(redis.call('HGETALL', key)) do reply[#reply + 1] = word end
end
return reply
