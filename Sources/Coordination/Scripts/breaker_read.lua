-- Tells a breaker as of now.
-- KEYS: state

return line()
