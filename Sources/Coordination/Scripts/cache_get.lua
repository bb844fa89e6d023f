-- Looks for an answer, and for who fetches a new one. Writes nothing.
-- KEYS: meta, body, lock
-- {now, owner or '', ms left}, and where there is an answer: created, body, and meta's fields as below

local meta, body, lock = KEYS[1], KEYS[2], KEYS[3]
local owner, left = holder(lock)
local reply = { now, owner or '', left }
local created = created_at(meta, body)
if not created then return reply end

reply[4], reply[5] = created, redis.call('GET', body)
local fields = redis.call('HMGET', meta, 'kind', 'status', 'type', 'ttl', 'delta_ms', 'input', 'output', 'cached',
  'reasoning', 'encoding', 'bytes')
for _, field in ipairs(fields) do reply[#reply + 1] = field end
return reply
