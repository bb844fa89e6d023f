-- Replaces the configuration, in the name of a leader (algorithms §4.3).
-- KEYS: lease, cfg, veto, asks, audit, answers...   ARGV: channel, id, epoch, version to replace, new version, hash of all lines,
-- number of lines and field, line..., number of fields to go and field..., number of audits and for each its number of words / 2 and
-- words..., number of answers and ask, text...
-- {1, version} stored, now or by the same call before   {2, epoch, version} there is another one   {3, epoch} the leadership is over
-- {4, field} it would expose a version that is vetoed, or that can't be read

local channel, id, epoch, expected, version, hash = word(), word(), word() + 0, word() + 0, word() + 0, word()
local lease, config = read_lease(KEYS[1]), read_config(KEYS[2])
if config.epoch == epoch and config.version == version and config.hash == hash and config.by == id then
  return { 1, version }
end
if not leads(lease, id, epoch) or epoch < config.epoch then return { 3, max(lease.epoch, config.epoch) } end
if config.version ~= expected or version <= config.version then return { 2, config.epoch, config.version } end

-- Whether a line gives a weight, or copies, to what must have none.
local function is_refused(field, line)
  line = ' ' .. line .. ' '
  local function is_above_nothing(pattern) return match(match(line, pattern) or '', '[1-9]') end
  if not (is_above_nothing(' weight=(%S+) ') or is_above_nothing(' copies=(%S+) ')) then return false end
  local candidate = natural(match(line, ' candidate=(%d+) '))
  if not candidate then return true end
  return call('HGET', KEYS[3], match(field, '^m:(.*)$') .. '@' .. digits(candidate) .. '/*')
end

local words = { 'epoch', digits(epoch), 'ver', digits(version), 'hash', hash, 'by', id, 'at', digits(now) }
for _ = 1, word() + 0 do
  local field, line = word(), word()
  if is_refused(field, line) then return { 4, field } end
  words[#words + 1] = field
  words[#words + 1] = line
end
local gone = {}
for _ = 1, word() + 0 do gone[#gone + 1] = word() end
call('HGET', KEYS[4], '')  -- what is of another type is noticed before anything is written

for _ = 1, word() + 0 do note(KEYS[5], epoch, version) end
call('HSET', KEYS[2], unpack(words))
if #gone > 0 then call('HDEL', KEYS[2], unpack(gone)) end
for number = 1, word() + 0 do settle(KEYS[4], KEYS[5 + number], word(), word()) end
call('PUBLISH', channel, 'cfg ' .. digits(epoch) .. ' ' .. digits(version))
return { 1, version }
