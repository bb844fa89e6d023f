-- Says what a person wants; the same again is the same ask. What has waited too long is forgotten.
-- KEYS: asks, answer   ARGV: channel, id, text, asks at most
-- {1} it waits   {2, answer}   {3} another ask has this id   {0, asks} so many wait

local LIFETIME = 600000

local channel, id, text, most = ARGV[1], ARGV[2], ARGV[3], ARGV[4] + 0
local answer = call('GET', KEYS[2])
if answer then return { 2, answer } end
local count, gone = 0, {}
for other, value in pairs(read_hash(KEYS[1])) do
  local at, wish = match(value, '^(%d+) (.+)$')
  at = natural(at)
  if not at or now - at >= LIFETIME or at - now > TOLERANCE then
    if other ~= id then gone[#gone + 1] = other end
  elseif other == id then
    return { wish == text and 1 or 3 }
  else
    count = count + 1
  end
end
if count >= most then return { 0, count } end

call('HSET', KEYS[1], id, digits(now) .. ' ' .. text)
if #gone > 0 then call('HDEL', KEYS[1], unpack(gone)) end
call('PEXPIRE', KEYS[1], LIFETIME)
call('PUBLISH', channel, 'ask')
return { 1 }
