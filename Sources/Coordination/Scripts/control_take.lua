-- Takes the lease, or prolongs it (algorithms §4.2). A new leader's epoch is beyond every one that anybody knows.
-- KEYS: lease, cfg, ack   ARGV: id, ms that it is to last
-- {1, epoch, ms left, id} it is the asker's   {0, epoch, ms left, holder}

local id, time = ARGV[1], ARGV[2] + 0
local lease, config = read_lease(KEYS[1]), read_config(KEYS[2])
if lease.left > 0 then
  if lease.id ~= id then return { 0, lease.epoch, lease.left, lease.id } end
  if lease.epoch >= config.epoch then
    call('HSET', KEYS[1], 'until', digits(now + time), 'span', digits(time))
    return { 1, lease.epoch, time, id }
  end
end

local epoch = max(lease.epoch, config.epoch)
for _, text in pairs(read_hash(KEYS[3])) do epoch = max(epoch, natural(match(text, '^(%d+)%.%d+ %S+ %d+$')) or 0) end
epoch = max(epoch + 1, now)
call('HSET', KEYS[1], 'id', id, 'epoch', digits(epoch), 'until', digits(now + time), 'since', digits(now), 'span',
  digits(time))
return { 1, epoch, time, id }
