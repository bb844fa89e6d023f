-- What the scripts of virtual keys share; put in front of each. `now` is Redis' clock in milliseconds.
--
--   {k:<id>} key      hash: a key's record, or the tombstone of a key that is revoked
--   {k:<id>} req:<r>  string: the version that request r made
--   {keys} epoch      string '<epoch> <floor>': the last change, and the one from which on the changes are complete
--   {keys} changes    sorted set: id -> epoch of its last change
--   {keys} ids        sorted set: ids, all of score 0
-- The twin is Policy's KeyStore: change both or neither.

local GRACE, MARK = 30 * 86400000, 600000

local function digits(number) return string.format('%.0f', number) end

-- `2026-11-21T20:18:42Z`. The calendar is Howard Hinnant's civil_from_days.
local function instant(seconds)
  local days, rest = math.floor(seconds / 86400) + 719468, seconds % 86400
  local era = math.floor(days / 146097)
  local doe = days - era * 146097
  local yoe = math.floor(
    (doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local from_march = math.floor((5 * doy + 2) / 153)
  local month = from_march < 10 and from_march + 3 or from_march - 9
  return string.format('%04d-%02d-%02dT%02d:%02d:%02dZ', yoe + era * 400 + (month <= 2 and 1 or 0), month,
    doy - math.floor((153 * from_march + 2) / 5) + 1, math.floor(rest / 3600), math.floor(rest / 60) % 60,
    rest % 60)
end

-- A record's version (0: there is none), when it was revoked and when it was made.
local function read_record(key)
  local found = redis.call('HMGET', key, 'version', 'revoked', 'created')
  local version = tonumber(found[1] or '')
  if not version and redis.call('EXISTS', key) == 1 then error('BADVALUE ' .. key) end
  return version or 0, found[2], found[3]
end

-- The last epoch and the floor; 0, 0 where nothing has ever changed.
local function read_epoch(key)
  local text = redis.call('GET', key)
  if not text then return 0, 0 end
  local epoch, floor = string.match(text, '^(%d+) (%d+)$')
  if not epoch then error('BADVALUE ' .. key) end
  return tonumber(epoch), tonumber(floor)
end
