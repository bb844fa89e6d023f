-- Adds what copies of a model's requests cost a replica, once, to what they cost all of them on this day (UTC).
-- KEYS: budget   ARGV: replica, sequence, micro-dollars
-- {now, day, spent}

local DAY, MOST, LIFETIME = 86400000, 999999999999999, 172800000

local mine = '@' .. ARGV[1]
local found = call('HMGET', KEYS[1], 'day', 'spent', mine)
local day, spent, last = natural(found[1]), natural(found[2]), natural(found[3])
if not (day and spent and (last or not found[3])) then
  if call('EXISTS', KEYS[1]) == 1 then bad(KEYS[1]) end
  day, spent = 0, 0
end

-- A day that is over takes along who has told of it. Where the clock goes back, the later day goes on.
local today = (now - now % DAY) / DAY
if today > day then
  if day > 0 then call('DEL', KEYS[1]) end
  day, spent, last = today, 0, nil
end
if last and last >= ARGV[2] + 0 then return { now, day, spent } end

spent = min(MOST, spent + ARGV[3])
call('HSET', KEYS[1], 'day', digits(day), 'spent', digits(spent), mine, ARGV[2])
call('PEXPIRE', KEYS[1], LIFETIME)
return { now, day, spent }
