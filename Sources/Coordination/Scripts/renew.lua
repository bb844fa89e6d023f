-- Prolongs slots of exchanges that still run, and takes them anew where Redis has lost them (algorithms §1.4).
-- KEYS: limit   ARGV: lifetime in ms, ids...

local key, span = KEYS[1], ARGV[1] + 0
tidy(key, span)
local ends, words = format('%d', now + span), {}
for index = 2, #ARGV do
  words[#words + 1], words[#words + 2] = ends, ARGV[index]
  if #words == 200 or index == #ARGV then
    call('ZADD', key, unpack(words))
    words = {}
  end
end
call('PEXPIRE', key, format('%d', span))
return redis.status_reply('OK')
