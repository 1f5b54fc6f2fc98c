#!/bin/sh
# Cards, limits and an exchange at the small bank of this folder, typed as a person would. Run it
# after accounts.jsonl and day.jsonl:
#
#   FLORIN=build/release/florin FLORIN_SERVER=127.0.0.1:7717 examples/bank/cards.sh
#
# Running it again changes nothing: what happened answers `exists`, what was refused stays refused.
set -eu

bank() {
  echo "florin> $1"
  "${FLORIN:-florin}" client --server "${FLORIN_SERVER:-127.0.0.1:7717}" \
    --ledger 978=EUR --ledger 840=USD --execute "$1"
  echo
}

echo "Bela's card: at most 300.00 at once and 500.00 a day. Chiara may overdraw by 200.00."
bank 'update_accounts id=1 account_id=102 transfer_limit=30000 velocity_window=86400 velocity_sum_limit=50000 reason="card contract of 1 October"'
bank 'update_accounts id=2 account_id=103 overdraft_limit=20000 reason="overdraft agreed with Chiara"'

echo "A hotel holds 250.00 of Bela's money for a week, takes 120.00 and 80.00, and lets the rest go."
bank 'create_transfers id=2001 debit_account_id=102 credit_account_id=2 amount=250.00EUR code=16 flags=pending timeout=604800 balances'
bank 'create_transfers id=2002 pending_id=2001 amount=120.00EUR flags=post_pending_transfer|capture_partial'
bank 'create_transfers id=2003 pending_id=2001 amount=80.00EUR flags=post_pending_transfer|capture_partial'
bank 'lookup_transfers 2001'
bank 'create_transfers id=2004 pending_id=2001 flags=void_pending_transfer balances'

echo "310.00 is too much at once; 300.00 is not; then the day's 500.00 are used up."
bank 'create_transfers id=2005 debit_account_id=102 credit_account_id=2 amount=310.00EUR code=16'
bank 'create_transfers id=2006 debit_account_id=102 credit_account_id=2 amount=300.00EUR code=16'
bank 'create_transfers id=2007 debit_account_id=102 credit_account_id=2 amount=1.00EUR code=16'
bank 'lookup_limits 102 103'

echo "The shop takes the 300.00 back."
bank 'reverse_transfers id=2008 original_id=2006 code=17'

echo "Ada buys 100.00 dollars for 92.50 euros, but wants to keep 500.00 euros: what would happen?"
bank 'create_transfers id=2010 debit_account_id=101 credit_account_id=5 amount=92.50EUR code=15 flags=linked debit_at_least=500.00EUR, id=2011 debit_account_id=15 credit_account_id=201 amount=100.00USD code=15 dry_run balances'
bank 'create_transfers id=2010 debit_account_id=101 credit_account_id=5 amount=92.50EUR code=15 flags=linked debit_at_least=500.00EUR, id=2011 debit_account_id=15 credit_account_id=201 amount=100.00USD code=15'

echo "Once more, but now 700.00 are to be left, and are not."
bank 'create_transfers id=2012 debit_account_id=101 credit_account_id=5 amount=92.50EUR code=15 flags=linked debit_at_least=700.00EUR, id=2013 debit_account_id=15 credit_account_id=201 amount=100.00USD code=15'

echo "A court freezes Chiara's account, and lets it go again. Then she overdraws it by 102.65."
bank 'update_accounts id=3 account_id=103 freeze_debits reason="court order 12/26"'
bank 'create_transfers id=2014 debit_account_id=103 credit_account_id=2 amount=2800.00EUR code=13'
bank 'update_accounts id=4 account_id=103 unfreeze_debits reason="court order 12/26 lifted"'
bank 'create_transfers id=2015 debit_account_id=103 credit_account_id=2 amount=2800.00EUR code=13'

echo "What happened:"
bank 'query_transfers account_id=102 newest_first limit=5'
bank 'query_transfers pending_status=voided'
bank 'get_account_changes account_id=103'
bank 'lookup_accounts 101 102 103 201'
bank 'trial_balance'
