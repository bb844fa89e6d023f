-- Keeps how far a candidate's evidence is folded, and what came of it, in the name of a leader. Seconds are folded once and in order.
-- KEYS: lease, judge   ARGV: id, epoch, version, second folded last (0: none), second, test, state...
-- {1, second} stored, now or by the same call before   {2, version, second} another one was folded last   {0, now} it isn't over
-- {3, epoch} the leadership is over

local id, epoch, version, expected, second = word(), word() + 0, word() + 0, word() + 0, word() + 0
local lease = read_lease(KEYS[1])
if not leads(lease, id, epoch) then return { 3, lease.epoch } end
local found = call('HMGET', KEYS[2], 'version', 'second', 'epoch')
local stored, last, by = natural(found[1]), natural(found[2]), natural(found[3])
if not (stored and last and by) then
  if call('EXISTS', KEYS[2]) == 1 then bad(KEYS[2]) end
  stored, last = 0, 0
elseif stored == version and last == second and by == epoch then
  return { 1, second }
end

local mine = stored == version and last or 0
local is_ahead = mine * 1000 > now + TOLERANCE  -- of a clock that has gone back
if mine ~= expected or (second <= mine and not is_ahead) then return { 2, stored, last } end
if (second + 1) * 1000 > now then return { 0, now } end

local words = { 'version', digits(version), 'second', digits(second), 'epoch', digits(epoch) }
pairs_of(words, (#ARGV - place) / 2)
call('DEL', KEYS[2])
call('HSET', KEYS[2], unpack(words))
call('PEXPIRE', KEYS[2], 86400000)
return { 1, second }
