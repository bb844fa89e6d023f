-- Counts how a replica's calls ended, and opens the breaker where too many were bad (algorithms §2.2, rulings 1 and 2).
-- KEYS: state, window, probes   ARGV: as in breaker_common, then reporter, sequence, generation, why to open at once or '',
-- ms of cooldown, ok and fail that are nobody's, and for each caller's cell: cell, ok, fail, slow
-- {1, line} counted   {2, line} counted before   {0, line} another generation, or not closed: only a cooldown is taken

local CELLS = 15

local function read_bucket(text)
  local ok, fail, rest = match(text or '0 0', '^(%d+) (%d+)(.*)$')
  local bucket = { ok = (ok or 0) + 0, fail = (fail or 0) + 0 }
  for cell = 0, CELLS do bucket[cell] = { 0, 0, 0 } end
  for cell, one, two, three in string.gmatch(rest or '', ' (%d+):(%d+)/(%d+)/(%d+)') do
    bucket[cell + 0] = { one + 0, two + 0, three + 0 }
  end
  return bucket
end

local function add(bucket, other)
  bucket.ok, bucket.fail = bucket.ok + other.ok, bucket.fail + other.fail
  for cell = 0, CELLS do
    for i = 1, 3 do bucket[cell][i] = bucket[cell][i] + other[cell][i] end
  end
end

local function text_of(bucket)
  local text = digits(bucket.ok) .. ' ' .. digits(bucket.fail)
  for cell = 0, CELLS do
    local ok, fail, slow = unpack(bucket[cell])
    if ok + fail + slow > 0 then text = text .. format(' %d:%.0f/%.0f/%.0f', cell, ok, fail, slow) end
  end
  return text
end

-- Whether too many are bad. What one caller alone has trouble with counts for nothing where another does well; of several, each
-- counts for at most half of what it takes.
local function is_tripped(good, bad, rate, sum, of_cell)
  local least, unhappy, all, cut, others_do_well = ARGV[5] + 0, 0, 0, 0, false
  local most = max(1, (least - least % 2) / 2)
  for cell = 0, CELLS do
    local fine, wrong = of_cell(sum[cell])
    good = good + fine
    if wrong > 0 then
      unhappy, all, cut = unhappy + 1, all + wrong, cut + min(wrong, most)
    elseif fine > 0 then
      others_do_well = true
    end
  end
  if unhappy ~= 1 then bad = bad + cut elseif not others_do_well then bad = bad + all end
  local calls = good + bad
  return bad > 0 and calls >= least and bad * 100 >= calls * rate
end

local function why_open(sum)
  if ARGV[15] ~= '' then return ARGV[15] end
  if is_tripped(sum.ok, sum.fail, ARGV[6] + 0, sum, function(cell) return cell[1], cell[2] end) then return 'rate' end
  if is_tripped(0, 0, ARGV[7] + 0, sum, function(cell) return cell[1] - cell[3], cell[3] end) then return 'slow' end
end

-- Adds the report to the window, forgets what is too old or of a clock that has gone back, and returns the sum.
local function count(window, reporter, reported)
  local width = (ARGV[4] + -ARGV[4] % 10) / 10
  local current = now - now % width
  local first, last = current - 9 * width, now + TOLERANCE
  local sum, gone = read_bucket(), {}
  for name, text in pairs(window) do
    local at, is_bucket = match(name, '^%d+$'), true
    if not at then at, is_bucket = match(text, '^%d+ (%d+)$'), false end
    if not at or at + 0 < first or at + 0 > last then
      gone[#gone + 1] = name
    elseif is_bucket then
      add(sum, read_bucket(text))
    end
  end
  add(sum, reported)
  if #gone > 0 then call('HDEL', WINDOW, unpack(gone)) end
  local mine = read_bucket(window[digits(current)])
  add(mine, reported)
  call('HSET', WINDOW, digits(current), text_of(mine), reporter, ARGV[13] .. ' ' .. digits(now))
  keep(WINDOW, 10 * width + TOLERANCE)
  keep(STATE, lifetime())
  return sum
end

local window, reporter = read_hash(WINDOW), '@' .. ARGV[12]
local sequence = match(window[reporter] or '', '^(%d+) %d+$')
if sequence and sequence + 0 >= ARGV[13] + 0 then return { 2, finish() } end

local generation = ARGV[14] + 0
cool_for(ARGV[16] + 0)
if generation > state.gen then
  go('closed', 'restored', 0)
  state.gen, state.opens, window = generation, 0, {}
end
if generation ~= state.gen or state.state ~= 'closed' then return { 0, finish() } end

local reported = read_bucket(ARGV[17] .. ' ' .. ARGV[18])
for i = 19, #ARGV, 4 do reported[ARGV[i] + 0] = { ARGV[i + 1] + 0, ARGV[i + 2] + 0, ARGV[i + 3] + 0 } end
if text_of(reported) ~= '0 0' or ARGV[15] ~= '' then
  local why = why_open(count(window, reporter, reported))
  if why then
    open(why, state.opens)
    state.opens = state.opens + 1
  end
end
return { 1, finish() }
