-- Makes a key's record, or sets its terms anew.
-- KEYS: record, mark   ARGV: version to replace (0: none), expiry in seconds since 1970 (0: never), field, value...
-- {1, version} stored, now or by this request before   {2, version} there is another version   {3, 0} revoked, for ever
-- {4, now} it would have expired already

local record, mark = KEYS[1], KEYS[2]
local expected, expires = tonumber(ARGV[1]), tonumber(ARGV[2])
local earlier = redis.call('GET', mark)
if earlier then return { 1, tonumber(earlier) } end

local version, revoked, created = read_record(record)
if revoked then return { 3, 0 } end
if version ~= expected then return { 2, version } end
if expires > 0 and expires * 1000 <= now then return { 4, now } end

local today = instant(math.floor(now / 1000))
redis.call('DEL', record)
redis.call('HSET', record, unpack(ARGV, 3))
redis.call('HSET', record, 'version', digits(version + 1), 'created', created or today, 'changed', today)
if expires > 0 then
  redis.call('HSET', record, 'expires', instant(expires))
  redis.call('PEXPIRE', record, digits(expires * 1000 + GRACE - now))
end
redis.call('SET', mark, digits(version + 1), 'PX', digits(MARK))
return { 1, version + 1 }
