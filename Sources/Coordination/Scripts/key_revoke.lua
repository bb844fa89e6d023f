-- Revokes a key for ever, whether there is a record of it or not: its tombstone stays as long as the record would have.
-- KEYS: record
-- {version, when}: the first time, and each time after it the same

local version, revoked = read_record(KEYS[1])
if revoked then return { version, revoked } end
local today = instant(math.floor(now / 1000))
redis.call('HSET', KEYS[1], 'version', digits(version + 1), 'revoked', today)
return { version + 1, today }
