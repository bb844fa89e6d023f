-- Sets what a replica has learned of a model's deployments, and takes over what another had that is no more (algorithms §9b).
-- KEYS: sums
-- ARGV: replica, sequence, what it has learned ('<edition> <numbers>'), 'anew' or '', and where it takes something over: whose, and its
--   sequence
-- 1 set   2 set before, by the same call or a later one   3 not set: another has taken over what this one had told, so that it has to
-- begin anew
-- 0 not set: what was to be taken over has changed
-- A hash: replica -> '<ms> <sequence> <edition> <numbers>', or '<ms> <sequence> adopted'. Only a replica itself adds to what it has
-- told, so that nothing is counted twice. The twin is Policy's ChoiceStore: change both or neither.

local LIFETIME = 2592000000
local key, replica, sequence = KEYS[1], ARGV[1], ARGV[2]

local function read(name)
  local value = redis.call('HGET', key, name)
  if not value then return nil end
  return string.match(value, '^%d+ (%d+) (%S+)')
end

local last, rest = read(replica)
if last then
  if last + 0 >= sequence + 0 then return 2 end
  if rest == 'adopted' and ARGV[4] ~= 'anew' then return 3 end
end

local other = ARGV[5]
if other then
  local found, what = read(other)
  if not found or found + 0 ~= ARGV[6] + 0 then return 0 end
  if what == 'adopted' then
    redis.call('HDEL', key, other)
  else
    redis.call('HSET', key, other, string.format('%d ', now) .. found .. ' adopted')
  end
end

redis.call('HSET', key, replica, string.format('%d ', now) .. sequence .. ' ' .. ARGV[3])
redis.call('PEXPIRE', key, LIFETIME)
return 1
