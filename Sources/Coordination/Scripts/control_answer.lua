-- Answers an ask that changes no configuration, in the name of a leader; once. Vetoes may be taken back with it.
-- KEYS: lease, cfg, veto, asks, audit, answer   ARGV: channel, id, epoch, ask, text, model or '' and version whose vetoes are to go,
-- number of audits (0 or 1) and its number of words / 2 and words...
-- {1, vetoes that went}   {2} nobody asks so: nothing was done   {3, epoch} the leadership is over

local channel, id, epoch, ask, text, model, version = word(), word(), word() + 0, word(), word(), word(), word()
local lease, config = read_lease(KEYS[1]), read_config(KEYS[2])
if not leads(lease, id, epoch) then return { 3, lease.epoch } end
if not call('HGET', KEYS[4], ask) then return { 2 } end
local vetoes, gone, prefix = read_hash(KEYS[3]), {}, model .. '@' .. version .. '/'
local mark = read_mark(KEYS[3], vetoes.mark)
for field in pairs(vetoes) do
  if string.sub(field, 1, #prefix) == prefix then gone[#gone + 1] = field end
end

if word() == '1' then note(KEYS[5], epoch, config.version) end
settle(KEYS[4], KEYS[6], ask, text)
if #gone > 0 then
  call('HDEL', KEYS[3], unpack(gone))
  call('HSET', KEYS[3], 'mark', digits(max(mark + 1, now)))
  call('PUBLISH', channel, 'veto ' .. model .. ' ' .. version)
end
return { 1, #gone }
