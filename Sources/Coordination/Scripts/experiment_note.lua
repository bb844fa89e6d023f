-- Adds what a replica has seen of some sessions of an experiment, once.
--   told    hash: replica -> the last call that it has told
--   sums    hash: sessions, <arm>.n, and of each metric's values over sessions <arm>.<metric>.n, .s (sum), .qh and .ql (sum of squares, in
--           two parts, the lower below 1e9)
--   session hash: arm, and metric -> '<count> <sum>' of what was told
-- KEYS: told, sums, session...
-- ARGV: replica, call, most sessions, then of each session: arm, number of metrics, (name, kind, count, sum)...
-- 1 added   2 added before, by the same call
-- The twin is Policy's ExperimentStore: change both or neither.

local SESSION, SUMS, TOLD = 86400000, 7776000000, 900000
local MOST, LARGEST, BASE = 90000000, 999999999999999, 1000000000
local floor = math.floor

local replica, sequence, most = word(), word(), word() + 0
local last = call('HGET', KEYS[1], replica)
if last then
  if not natural(last) then bad(KEYS[1]) end
  if last + 0 >= sequence + 0 then return 2 end
end

local sums, changed = {}, {}
local stored = call('HGETALL', KEYS[2])
for i = 1, #stored, 2 do sums[stored[i]] = natural(stored[i + 1]) or bad(KEYS[2]) end
local function put(name, number)
  sums[name] = number
  changed[name] = true
end

-- Names of a metric's sums, each made once.
local known = {}
local function names_of(arm, name)
  local key = arm .. '.' .. name
  local names = known[key]
  if not names then
    names = { n = key .. '.n', s = key .. '.s', high = key .. '.qh', low = key .. '.ql' }
    known[key] = names
  end
  return names
end

-- A session's value by what was told of it; nothing where nothing was.
local function value(kind, count, sum)
  if count == 0 then return nil end
  if kind == 'a' then return sum > 0 and 1 or 0 end
  if kind == 'm' then return min(floor(sum / count + 0.5), MOST) end
  return min(sum, MOST)
end

local function replace(old, new, names)
  put(names.n, (sums[names.n] or 0) + (old and 0 or 1))
  -- Below 0 only where Redis lost the sums and kept sessions.
  put(names.s, max(0, (sums[names.s] or 0) + new - (old or 0)))
  local low = (sums[names.low] or 0) + new * new - (old or 0) * (old or 0)
  local carry = floor(low / BASE)
  local high = (sums[names.high] or 0) + carry
  put(names.high, max(0, high))
  put(names.low, high < 0 and 0 or low - carry * BASE)
end

local writes = {}
for i = 3, #KEYS do
  local arm, metrics = word(), word() + 0
  local found = read_hash(KEYS[i])
  local is_new, counts = next(found) == nil, found.arm == arm
  if not is_new and not natural(found.arm) then bad(KEYS[i]) end
  if is_new and (sums.sessions or 0) < most then
    counts = true
    put('sessions', (sums.sessions or 0) + 1)
    put(arm .. '.n', (sums[arm .. '.n'] or 0) + 1)
  end
  local words = { 'arm', arm }
  for _ = 1, metrics do
    local name, kind, count, sum = word(), word(), word() + 0, word() + 0
    if counts then
      local had, total = 0, 0
      if found[name] then
        had, total = match(found[name], '^(%d+) (%d+)$')
        had, total = natural(had), natural(total)
        if not (had and total) then bad(KEYS[i]) end
      end
      count, sum = min(had + count, LARGEST), min(total + sum, LARGEST)
      words[#words + 1] = name
      words[#words + 1] = digits(count) .. ' ' .. digits(sum)
      local new = value(kind, count, sum)
      if new then replace(value(kind, had, total), new, names_of(arm, name)) end
    end
  end
  if counts then writes[#writes + 1] = { KEYS[i], words } end
end

for _, write in ipairs(writes) do
  call('HSET', write[1], unpack(write[2]))
  call('PEXPIRE', write[1], SESSION)
end
local words = {}
for name in pairs(changed) do
  words[#words + 1] = name
  words[#words + 1] = digits(sums[name])
end
if #words > 0 then call('HSET', KEYS[2], unpack(words)) end
if next(sums) then call('PEXPIRE', KEYS[2], SUMS) end
call('HSET', KEYS[1], replica, sequence)
call('PEXPIRE', KEYS[1], TOLD)
return 1
