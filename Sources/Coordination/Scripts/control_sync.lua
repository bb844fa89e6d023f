-- Tells what a replica routes by, and answers what there is.
-- KEYS: lease, cfg, stamp, veto, ack   ARGV: replica, epoch, version, hash, mark of the vetoes that it knows
-- {now, epoch, ms left and id of the lease, epoch, count and ms of age of the stamp (-1: none), replicas, mark, {vetoes} if it is
-- another one, epoch and version of the configuration, 1 where it is another one, {its fields}}

local LIVE, KEPT = 10000, 60000

local replica = ARGV[1]
local lease, config = read_lease(KEYS[1]), read_config(KEYS[2])
local stamp_epoch, count, age = read_stamp(KEYS[3])
if age then age = now - age end
if not age or age < -TOLERANCE then stamp_epoch, count, age = 0, 0, -1 else age = max(0, age) end
local mark = read_mark(KEYS[4], call('HGET', KEYS[4], 'mark'))

local replicas, gone = 1, {}
for name, text in pairs(read_hash(KEYS[5])) do
  if name ~= replica then
    local past = now - (natural(match(text, '^%d+%.%d+ %S+ (%d+)$')) or 0)
    if past > KEPT or past < -TOLERANCE then
      gone[#gone + 1] = name
    elseif past <= LIVE then
      replicas = replicas + 1
    end
  end
end
local hash = ARGV[4] == '' and '-' or ARGV[4]
call('HSET', KEYS[5], replica, ARGV[2] .. '.' .. ARGV[3] .. ' ' .. hash .. ' ' .. digits(now))
if #gone > 0 then call('HDEL', KEYS[5], unpack(gone)) end
call('PEXPIRE', KEYS[5], KEPT)

local vetoes, fields = {}, {}
if mark ~= ARGV[5] + 0 then vetoes = call('HGETALL', KEYS[4]) end
local is_other = config.epoch ~= ARGV[2] + 0 or config.version ~= ARGV[3] + 0 or config.hash ~= ARGV[4]
if is_other then fields = call('HGETALL', KEYS[2]) end
return {
  now, lease.epoch, lease.left, lease.id, stamp_epoch, count, age, replicas, mark, vetoes, config.epoch,
  config.version, is_other and 1 or 0, fields,
}
