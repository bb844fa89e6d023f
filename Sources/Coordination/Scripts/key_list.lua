-- A page of the ids of keys, in the order of their bytes.
-- KEYS: ids   ARGV: the id behind which it begins (empty: at the first), ids at most
-- {ids...}; fewer than asked for at the end

local first = '-'
if ARGV[1] ~= '' then first = '(' .. ARGV[1] end
return redis.call('ZRANGEBYLEX', KEYS[1], first, '+', 'LIMIT', 0, tonumber(ARGV[2]))
