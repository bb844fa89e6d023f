-- Sets the secret of the ids' checks unless there is one.
-- KEYS: secret   ARGV: proposal
-- The secret in force

redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])
