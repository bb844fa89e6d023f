-- What the scripts of control share; put in front of each. `now` is Redis' clock in milliseconds.
--
--   {ro} lease            hash: id, epoch, until, since, span (how long `until` was ahead when it was written)
--   {ro} cfg              hash: epoch, ver, by, at, hash, and m:<model> -> its line
--   {ro} stamp            string '<epoch> <count> <ms>'
--   {ro} ack              hash: replica -> '<epoch>.<version> <hash or -> <ms>'
--   {ro} veto             hash: <model>@<version>/<replica or *> -> '<ms> <metric> <replica>', and mark
--   {ro} judge:<model>    hash: version, second, epoch, and t:<test> -> its state
--   {ro} bundles:<model>  hash: version -> text
--   {ro} shadow:budget:<model>  hash: day, spent, and @<replica> -> sequence
--   {ro} eval:<model>     hash: version -> text
--   {ro} asks             hash: id -> '<ms> <text>'
--   {ro} answer:<id>      string
--   {ro} audit            stream
--   {ro:<model>} n:<second>  hash: name -> count, and @<replica> -> sequence
-- What a script can't read it leaves alone, and says BADVALUE. The twin is Policy's ControlStore: change both or neither.

local KEYS, ARGV, call, match, max, min = KEYS, ARGV, redis.call, string.match, math.max, math.min

-- How far beyond its own length an instant may lie before it is taken for one of a clock that has gone back.
local TOLERANCE = 5000

local function digits(number) return string.format('%.0f', number) end
local function bad(key) error('BADVALUE ' .. key) end

local function natural(text)
  local found = match(text or '', '^%d+$')
  return found and #found < 16 and found + 0 or nil
end

local function read_hash(key)
  local found, fields = call('HGETALL', key), {}
  for i = 1, #found, 2 do fields[found[i]] = found[i + 1] end
  return fields
end

-- Arguments in turn.
local place = 0
local function word()
  place = place + 1
  return ARGV[place]
end

local function pairs_of(words, count)
  for _ = 1, 2 * count do words[#words + 1] = word() end
  return words
end

-- `left` is what remains of it in ms.
local function read_lease(key)
  local found = call('HMGET', key, 'id', 'epoch', 'until', 'since', 'span')
  local epoch, till, span = natural(found[2]), natural(found[3]), natural(found[5])
  if not (found[1] and epoch and till and natural(found[4]) and span) then
    if call('EXISTS', key) == 1 then bad(key) end
    return { id = '', epoch = 0, left = 0 }
  end
  local left = till - now
  if left > span + TOLERANCE then left = 0 end
  return { id = found[1], epoch = epoch, left = max(0, min(left, span)) }
end

local function read_config(key)
  local found = call('HMGET', key, 'epoch', 'ver', 'hash', 'by', 'at')
  local epoch, version = natural(found[1]), natural(found[2])
  if not (epoch and version and found[3] and found[4] and natural(found[5])) then
    if call('EXISTS', key) == 1 then bad(key) end
    return { epoch = 0, version = 0, hash = '', by = '' }
  end
  return { epoch = epoch, version = version, hash = found[3], by = found[4] }
end

-- Epoch, count and ms; nothing where there is none.
local function read_stamp(key)
  local text = call('GET', key)
  if not text then return nil, 0 end
  local epoch, count, at = match(text, '^(%d+) (%d+) (%d+)$')
  epoch, count, at = natural(epoch), natural(count), natural(at)
  if not (epoch and count and at) then bad(key) end
  return epoch, count, at
end

local function read_mark(key, text)
  if not text then return 0 end
  return natural(text) or bad(key)
end

local function leads(lease, id, epoch) return lease.id == id and lease.epoch == epoch and lease.left > 0 end

-- A line of the audit stream: its words are the next arguments, their number in front.
local function note(key, epoch, version)
  local words = pairs_of({}, word() + 0)
  call('XADD', key, 'MAXLEN', '~', 10000, '*', 'epoch', digits(epoch), 'ver', digits(version), unpack(words))
end

-- Keeps what came of an ask as long as the ask would have been.
local function settle(asks, answer, id, text)
  call('PSETEX', answer, 600000, text)
  call('HDEL', asks, id)
end
