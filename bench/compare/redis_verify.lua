-- Compares every account with the transfers, and their number with what was answered (ARGV:
-- accounts, transfers). Says what is wrong, or nothing.
local sums, found, cursor = {}, 0, '0'
for account = 1, tonumber(ARGV[1]) do
  sums['a:' .. account] = {debits = 0, credits = 0}
end
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', 't:*', 'COUNT', 10000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    local content = redis.call('GET', key)
    local debit, credit, amount = string.match(content, '(%S+) (%S+) (%d+)')
    sums[debit].debits = sums[debit].debits + tonumber(amount)
    sums[credit].credits = sums[credit].credits + tonumber(amount)
    found = found + 1
  end
until cursor == '0'
if found ~= tonumber(ARGV[2]) then
  return string.format('%s transfers were answered, but there are %d', ARGV[2], found)
end
local debited, credited = 0, 0
for account, sum in pairs(sums) do
  local debits = tonumber(redis.call('HGET', account, 'debits'))
  local credits = tonumber(redis.call('HGET', account, 'credits'))
  if debits ~= sum.debits or credits ~= sum.credits then
    return 'the balance of ' .. account .. ' is not the sum of its transfers'
  end
  debited, credited = debited + debits, credited + credits
end
if debited ~= credited then
  return string.format('debits are %d in all, but credits are %d', debited, credited)
end
return ''
