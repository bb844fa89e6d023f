-- Says that a leader looks after what is exposed (algorithms §4.5).
-- KEYS: lease, stamp   ARGV: id, epoch
-- {1, count}   {3, epoch} the leadership is over

local lease = read_lease(KEYS[1])
if not leads(lease, ARGV[1], ARGV[2] + 0) then return { 3, lease.epoch } end
local _, count = read_stamp(KEYS[2])
call('PSETEX', KEYS[2], 30000, digits(lease.epoch) .. ' ' .. digits(count + 1) .. ' ' .. digits(now))
return { 1, count + 1 }
