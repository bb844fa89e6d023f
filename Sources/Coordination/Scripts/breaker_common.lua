-- What the breakers' scripts share; put in front of each. `now` is Redis' clock in milliseconds.
--
--   state   hash: state (closed, open or half), gen, since, until, span, opens, issued, succeeded, why, cool, cool_span
--   window  hash: first ms of a bucket -> '<ok> <fail> <cell>:<ok>/<fail>/<slow> ...', @<reporter> -> '<sequence> <ms>'
--   probes  hash: permit -> ms at which it was given, or -ms at which its probe ended
-- A key of another type, and a state that can't be read, go: a breaker is made anew of nothing. The twin is Policy's BreakerStore:
-- change both or neither.
--
-- ARGV of all but read begins: channel, the breaker's name, jitter in thousandths, and the settings: window in ms, least calls,
-- failure rate and slow rate in %, base and max in ms, probes, ms for a probe.

local KEYS, ARGV, call, format, match, max, min = KEYS, ARGV, redis.call, string.format, string.match, math.max, math.min
local STATE, WINDOW, PROBES = KEYS[1], KEYS[2], KEYS[3]
local NUMBERS = { 'gen', 'since', 'until', 'span', 'opens', 'issued', 'succeeded', 'cool', 'cool_span' }

-- How far beyond its own length an instant may lie before it is taken for one of a clock that has gone back.
local TOLERANCE = 5000
local KEPT = 3600000

local function digits(number) return format('%.0f', number) end

local function keep(key, lifetime) call('PEXPIRE', key, digits(lifetime)) end

local function read_hash(key)
  local found, fields = redis.pcall('HGETALL', key), {}
  if found.err then
    if not match(found.err, 'WRONGTYPE') then error(found.err) end
    call('DEL', key)
    return fields
  end
  for i = 1, #found, 2 do fields[found[i]] = found[i + 1] end
  return fields
end

local function read_state()
  local state = read_hash(STATE)
  local is_whole = match(state.why or '', '^[a-z-]+$') and (state.state == 'closed' or state.state == 'open' or state.state == 'half')
  for _, name in ipairs(NUMBERS) do
    local number = match(state[name] or '', '^%d+$')
    is_whole = is_whole and number and #number < 16
    state[name] = number and number + 0
  end
  if is_whole then return state end
  if next(state) then call('DEL', STATE) end
  state = { state = 'closed', why = 'new' }
  for _, name in ipairs(NUMBERS) do state[name] = 0 end
  return state
end

-- When the probe of a permit ended; nil where it has not.
local function ended(at) return at and match(at, '^%-(%d+)$') end

local state = read_state()
-- Whether it is to be written, and all replicas to be told.
local is_written, is_told = false, false

-- Milliseconds until an instant, below zero since it has been; nil where the clock has gone back since it was written.
local function left_of(till, span)
  local left = till - now
  if left > span + TOLERANCE then return nil end
  return min(left, span)
end

local function left() return max(0, left_of(state['until'], state.span) or 0) end
local function cool() return state.cool > 0 and left_of(state.cool, state.cool_span) or nil end
local function cool_left() return max(0, cool() or 0) end
local function lifetime() return KEPT + max(left(), cool_left()) end

-- As replicas are told: '<state> <gen> <ms left> <ms of cooldown left, or -> <ms since> <opens> <issued> <succeeded> <why>'.
local function line()
  return table.concat({
    state.state, digits(state.gen), digits(left()), cool() and digits(cool()) or '-', digits(max(0, now - state.since)),
    digits(state.opens), digits(state.issued), digits(state.succeeded), state.why,
  }, ' ')
end

-- Writes what has changed, tells it, and returns the line.
local function finish()
  if is_written then
    local words = { 'state', state.state, 'why', state.why }
    for _, name in ipairs(NUMBERS) do
      words[#words + 1] = name
      words[#words + 1] = digits(state[name])
    end
    call('HSET', STATE, unpack(words))
    keep(STATE, lifetime())
  end
  local text = line()
  if is_told then call('PUBLISH', ARGV[1], ARGV[2] .. ' ' .. text) end
  return text
end

-- Begins a phase and with it a generation; what was said of the last one is over.
local function go(to, why, span)
  state.state, state.why, state.since, state.issued, state.succeeded = to, why, now, 0, 0
  state['until'], state.span = span > 0 and now + span or 0, span
  state.gen = max(state.gen + 1, now)
  call('DEL', WINDOW, PROBES)
  is_written, is_told = true, true
end

-- Opens for twice as long after each opening in a row.
local function open(why, opens)
  local span = min(ARGV[9] + 0, ARGV[8] * 2 ^ min(opens, 30)) * (1000 + ARGV[3])
  go('open', why, (span - span % 1000) / 1000)
end

-- Prolongs a cooldown, never shortens it; probes that wait for its end aren't lost meanwhile.
local function cool_for(time)
  if time <= cool_left() then return end
  state.cool, state.cool_span = now + time, time
  if state.state == 'half' and left() > 0 then
    state['until'] = max(state['until'], state.cool + ARGV[11])
    state.span = state['until'] - now
  end
  is_written, is_told = true, true
end
