-- Registers a version of a model: once, for ever.
-- KEYS: bundles, audit   ARGV: channel, model, version, text, versions at most, number of the audit's words / 2 and words...
-- {1, 1} registered, {1, 0} before   {2, text} something else has this version   {0, versions} there are so many

local channel, model, version, text, most = word(), word(), word(), word(), word() + 0
local found = call('HGET', KEYS[1], version)
if found == text then return { 1, 0 } end
if found then return { 2, found } end
local count = call('HLEN', KEYS[1])
if count >= most then return { 0, count } end

note(KEYS[2], 0, 0)
call('HSET', KEYS[1], version, text)
call('PUBLISH', channel, 'bundle ' .. model .. ' ' .. version)
return { 1, 1 }
