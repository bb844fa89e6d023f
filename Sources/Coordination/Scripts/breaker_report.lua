-- Counts how a replica's calls ended, and opens the breaker where too many were bad (algorithms §2.2, rulings 1 and 2).
-- KEYS: state, window, probes   ARGV: as in breaker_common, then reporter, sequence, generation, why to open at once or '',
-- ms of cooldown, and what is counted, as a bucket's text
-- {1, line} counted   {2, line} counted before   {0, line} another generation, or not closed: only a cooldown is taken

local CELLS = 15

local function nothing() return { ok = 0, fail = 0, good = {}, bad = {}, slow = {} } end

-- Adds what a bucket's text says.
local function add(sum, text)
  local ok, fail, rest = match(text or '', '^(%d+) (%d+)(.*)$')
  if not ok then return end
  sum.ok, sum.fail = sum.ok + ok, sum.fail + fail
  local good, bad, slow = sum.good, sum.bad, sum.slow
  for cell, one, two, three in string.gmatch(rest, ' (%d+):(%d+)/(%d+)/(%d+)') do
    cell = cell + 0
    good[cell], bad[cell], slow[cell] = (good[cell] or 0) + one, (bad[cell] or 0) + two, (slow[cell] or 0) + three
  end
end

local function text_of(sum)
  local words = { digits(sum.ok), digits(sum.fail) }
  for cell = 0, CELLS do
    local ok, fail, slow = sum.good[cell] or 0, sum.bad[cell] or 0, sum.slow[cell] or 0
    if ok + fail + slow > 0 then words[#words + 1] = format('%d:%.0f/%.0f/%.0f', cell, ok, fail, slow) end
  end
  return table.concat(words, ' ')
end

-- Whether too many are bad. What one caller alone has trouble with counts for nothing where another does well; of several, each
-- counts for at most half of what it takes.
local function is_tripped(good, bad, rate, of_cell)
  local least, unhappy, all, cut, others_do_well = ARGV[5] + 0, 0, 0, 0, false
  local most = max(1, (least - least % 2) / 2)
  for cell = 0, CELLS do
    local fine, wrong = of_cell(cell)
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
  local good, bad, slow = sum.good, sum.bad, sum.slow
  if is_tripped(sum.ok, sum.fail, ARGV[6] + 0, function(cell) return good[cell] or 0, bad[cell] or 0 end) then
    return 'rate'
  end
  local function speed(cell) return (good[cell] or 0) - (slow[cell] or 0), slow[cell] or 0 end
  return is_tripped(0, 0, ARGV[7] + 0, speed) and 'slow' or nil
end

-- Adds the report to the window, forgets what is too old or of a clock that has gone back, and returns the sum.
local function count(window, reporter)
  local width = (ARGV[4] + -ARGV[4] % 10) / 10
  local current = now - now % width
  local first, last = current - 9 * width, now + TOLERANCE
  local sum, mine, gone = nothing(), nothing(), {}
  for name, text in pairs(window) do
    local at, is_bucket = match(name, '^%d+$'), true
    if not at then at, is_bucket = match(text, '^%d+ (%d+)$'), false end
    if not at or at + 0 < first or at + 0 > last then
      gone[#gone + 1] = name
    elseif is_bucket then
      add(sum, text)
    end
  end
  add(sum, ARGV[17])
  if #gone > 0 then call('HDEL', WINDOW, unpack(gone)) end
  add(mine, window[digits(current)])
  add(mine, ARGV[17])
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

if ARGV[17] ~= '0 0' or ARGV[15] ~= '' then
  local why = why_open(count(window, reporter))
  if why then
    open(why, state.opens)
    state.opens = state.opens + 1
  end
end
return { 1, finish() }
