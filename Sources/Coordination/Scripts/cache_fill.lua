-- Stores a flight's answer, ends the flight and tells those who wait.
-- KEYS: lock, answer   ARGV: owner, ms to keep it, channel, the answer from its kind on
-- 1 stored   2 this flight stored it before   0 the lock isn't this flight's: nothing was stored

if current ~= ARGV[1] then
  if created_at() and match(answer, '^%d+ (%S+) ') == ARGV[1] then return 2 end
  return 0
end

-- The first to write, so that full memory refuses all of it.
call('PSETEX', KEYS[2], ARGV[2], format('%d ', now) .. ARGV[1] .. ' ' .. ARGV[4])
if place == KEYS[1] then call('DEL', place) end
call('PUBLISH', ARGV[3], 'filled')
return 1
