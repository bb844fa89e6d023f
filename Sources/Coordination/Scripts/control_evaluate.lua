-- Keeps what an evaluation of a registered version came to.
-- KEYS: evaluations, bundles, audit   ARGV: version, text, number of the audit's words / 2 and words...
-- {1} kept   {0} there is no such version

local version, text = word(), word()
if not call('HGET', KEYS[2], version) then return { 0 } end
if call('HGET', KEYS[1], version) ~= text then
  note(KEYS[3], 0, 0)
  call('HSET', KEYS[1], version, text)
end
return { 1 }
