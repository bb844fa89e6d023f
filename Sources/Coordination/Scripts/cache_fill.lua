-- Stores a flight's answer, ends the flight and tells those who wait.
-- KEYS: lock, answer   ARGV: owner, ms to keep it, channel, the answer from its kind on
-- 1 stored   2 this flight stored it before   0 the lock isn't this flight's: nothing was stored

local owner = ARGV[1]
if holder(call('MGET', KEYS[1])[1]) ~= owner then
  local answer = call('MGET', KEYS[2])[1]
  if created_at(answer) and match(answer, '^%d+ (%S+) ') == owner then return 2 end
  return 0
end

-- The first to write, so that full memory refuses all of it.
call('PSETEX', KEYS[2], ARGV[2], format('%d ', now) .. owner .. ' ' .. ARGV[4])
call('DEL', KEYS[1])
call('PUBLISH', ARGV[3], 'filled')
return 1
