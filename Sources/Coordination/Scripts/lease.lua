-- Sets what a worker has charged to buckets ahead of its exchanges (algorithms §1.5).
-- KEYS: lease, buckets...   ARGV: owner, sequence, lifetime in ms, and for each bucket b, tokens, window, charged before, used,
-- wanted; sums since the lease began, in tokens
-- {1, left...} charged as wanted   {0, left...} a bucket would keep less than a fifth: no more than before is charged, but what was
-- used   {2} a later call was first

local count = #KEYS
local found = call('MGET', unpack(KEYS))
local sequence, charged = nil, {}
for number in string.gmatch(found[1] or '', ' (%d+)') do
  if sequence then charged[#charged + 1] = number + 0 else sequence = number + 0 end
end
if sequence and sequence >= ARGV[2] + 0 then return { 2 } end
local isKnown = #charged == count - 1

lifetime = ARGV[3] + 0
local levels, times, isGranted = {}, {}, true
for i = 2, count do
  local place = i * 6 - 8
  local tokens, span = ARGV[place + 1] + 0, ARGV[place + 2] + 0
  if not isKnown then charged[i - 1] = ARGV[place + 3] + 0 end
  levels[i], times[i] = read_bucket(KEYS[i], found[i], tokens, tokens * span)
  local rest = levels[i] - (ARGV[place + 5] - charged[i - 1]) * span
  if ARGV[place + 5] ~= ARGV[place + 4] and rest < tokens * span / 5 then isGranted = false end
end

local text, reply = ARGV[1] .. ' ' .. ARGV[2], { isGranted and 1 or 0 }
for i = 2, count do
  local place, level = i * 6 - 8, levels[i]
  local tokens, span, target = ARGV[place + 1] + 0, ARGV[place + 2] + 0, ARGV[place + 5] + 0
  if not isGranted then
    if charged[i - 1] < target then target = charged[i - 1] end
    if ARGV[place + 4] + 0 > target then target = ARGV[place + 4] + 0 end
  end
  local cost = target - charged[i - 1]
  if cost ~= 0 then
    local value, kept
    value, kept, level = bucket_to_write(place, level - cost * span, times[i], tokens, span)
    call('PSETEX', KEYS[i], kept, value)
  end
  reply[i] = level > 0 and (level - level % span) / span or 0
  text = text .. format(' %d', target)
end
call('PSETEX', KEYS[1], ARGV[3], text)
return reply
