-- Which keys have changed since an epoch.
-- KEYS: epoch, changes   ARGV: last epoch seen (0: none), ids at most
-- {1, epoch, 1 if there are more, ids...} changed up to that epoch   {0, epoch} nobody knows: forget all

local last, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local epoch, floor = read_epoch(KEYS[1])
if last > epoch or last < floor then return { 0, epoch } end

local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. digits(last), '+inf', 'WITHSCORES', 'LIMIT', 0, most)
local count = #found / 2
local reached = epoch
if count == most then reached = tonumber(found[#found]) end
local reply = { 1, reached, reached < epoch and 1 or 0 }
for index = 1, count do reply[#reply + 1] = found[2 * index - 1] end
return reply
