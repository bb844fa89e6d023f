-- Reads what was counted in some seconds.
-- KEYS: counts...
-- {now, {name, count...}...}

local reply = { now }
for _, key in ipairs(KEYS) do reply[#reply + 1] = call('HGETALL', key) end
return reply
