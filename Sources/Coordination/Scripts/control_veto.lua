-- Says that a version is bad. It is the cluster's word, for ever, where two replicas say so, or one that is alone, or for all.
-- KEYS: veto, ack   ARGV: channel, replica, model, version, metric, 1: for all
-- {votes, 1 where it is the cluster's word}

local LIVE = 10000

local channel, replica, model, version, metric = word(), word(), word(), word(), word()
local vetoes = read_hash(KEYS[1])
local mark = read_mark(KEYS[1], vetoes.mark)
local prefix = model .. '@' .. version .. '/'
local all, own = prefix .. '*', prefix .. replica

local function is_alone()
  for name, text in pairs(read_hash(KEYS[2])) do
    local past = now - (natural(match(text, '^%d+%.%d+ %S+ (%d+)$')) or 0)
    if name ~= replica and past <= LIVE and past >= -TOLERANCE then return false end
  end
  return true
end

local votes, is_new = 0, not vetoes[own] and not vetoes[all]
for field in pairs(vetoes) do
  if string.sub(field, 1, #prefix) == prefix and field ~= all then votes = votes + 1 end
end
if is_new then votes = votes + 1 end
local is_vetoed = vetoes[all] or word() == '1' or votes >= 2 or is_alone()

local value, words = digits(now) .. ' ' .. metric .. ' ' .. replica, {}
if is_new then words = { own, value } end
if is_vetoed and not vetoes[all] then
  words[#words + 1] = all
  words[#words + 1] = value
end
if #words > 0 then
  call('HSET', KEYS[1], 'mark', digits(max(mark + 1, now)), unpack(words))
  call('PUBLISH', channel, 'veto ' .. model .. ' ' .. version)
end
return { votes, is_vetoed and 1 or 0 }
