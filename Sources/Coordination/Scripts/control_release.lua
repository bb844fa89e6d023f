-- Ends a leadership.
-- KEYS: lease   ARGV: id, epoch
-- 1 it is over   0 it isn't the last one

local lease = read_lease(KEYS[1])
if lease.id ~= ARGV[1] or lease.epoch ~= ARGV[2] + 0 then return 0 end
call('HSET', KEYS[1], 'until', digits(now), 'span', '0')
return 1
