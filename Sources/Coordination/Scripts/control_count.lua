-- Adds what a replica counted in a second, once. A second that a leader may have folded takes nothing more.
-- KEYS: counts   ARGV: replica, sequence, second, name, amount...
-- {1, now} counted   {2, now} counted before   {0, now} it is over, or has not begun

local EARLINESS, LATENESS, LIFETIME = 1000, 2500, 900000

local names = { '@' .. ARGV[1] }
for i = 4, #ARGV, 2 do names[#names + 1] = ARGV[i] end
local found = call('HMGET', KEYS[1], unpack(names))
for i = 1, #names do
  if found[i] and not natural(found[i]) then bad(KEYS[1]) end
end
if found[1] and found[1] + 0 >= ARGV[2] + 0 then return { 2, now } end
local begins = ARGV[3] * 1000
if now >= begins + 1000 + LATENESS or begins > now + EARLINESS then return { 0, now } end

local words = { names[1], ARGV[2] }
for i = 2, #names do
  words[2 * i - 1] = names[i]
  words[2 * i] = digits((found[i] or 0) + ARGV[2 * i + 1])
end
call('HSET', KEYS[1], unpack(words))
call('PEXPIRE', KEYS[1], LIFETIME)
return { 1, now }
