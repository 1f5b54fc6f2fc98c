-- One transfer. KEYS: the transfer, the debit account, the credit account; ARGV: the amount.
-- Outcomes: 0 created, 1 exists, 2 exists with different content, 3 the accounts are the same, 4 an
-- account does not exist.
local content = KEYS[2] .. ' ' .. KEYS[3] .. ' ' .. ARGV[1]
local earlier = redis.call('GET', KEYS[1])
if earlier then
  return earlier == content and 1 or 2
end
if KEYS[2] == KEYS[3] then
  return 3
end
if redis.call('EXISTS', KEYS[2], KEYS[3]) < 2 then
  return 4
end
redis.call('SET', KEYS[1], content)
redis.call('HINCRBY', KEYS[2], 'debits', ARGV[1])
redis.call('HINCRBY', KEYS[3], 'credits', ARGV[1])
return 0
