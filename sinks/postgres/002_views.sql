-- Version 2: what analysts ask. Names are bound here: a reader's search_path does not matter.

CREATE VIEW entries AS
SELECT position, index, logged_at, logged_ns, day, 'debit'::text AS side, 'transfer'::text AS kind,
       debit_account_id AS account_id, credit_account_id AS other_account_id, ledger, code, flags,
       id AS transfer_id, amount,
       CASE WHEN flags & 10 = 0 THEN amount ELSE 0 END AS posted,
       CASE WHEN flags & 2 <> 0 THEN amount ELSE -coalesce(released, 0) END AS held,
       coalesce(debit_account_debits_pending, 0) AS debits_pending,
       coalesce(debit_account_debits_posted, 0) AS debits_posted,
       coalesce(debit_account_credits_pending, 0) AS credits_pending,
       coalesce(debit_account_credits_posted, 0) AS credits_posted
  FROM transfers
UNION ALL
SELECT position, index, logged_at, logged_ns, day, 'credit'::text, 'transfer'::text,
       credit_account_id, debit_account_id, ledger, code, flags, id, amount,
       CASE WHEN flags & 10 = 0 THEN amount ELSE 0 END,
       CASE WHEN flags & 2 <> 0 THEN amount ELSE -coalesce(released, 0) END,
       coalesce(credit_account_debits_pending, 0), coalesce(credit_account_debits_posted, 0),
       coalesce(credit_account_credits_pending, 0), coalesce(credit_account_credits_posted, 0)
  FROM transfers
UNION ALL
SELECT position, index, logged_at, logged_ns, day, 'debit'::text, 'expiry'::text,
       debit_account_id, credit_account_id, ledger, code, flags, id, amount,
       0::numeric, -coalesce(released, 0),
       coalesce(debit_account_debits_pending, 0), coalesce(debit_account_debits_posted, 0),
       coalesce(debit_account_credits_pending, 0), coalesce(debit_account_credits_posted, 0)
  FROM hold_expiries
UNION ALL
SELECT position, index, logged_at, logged_ns, day, 'credit'::text, 'expiry'::text,
       credit_account_id, debit_account_id, ledger, code, flags, id, amount,
       0::numeric, -coalesce(released, 0),
       coalesce(credit_account_debits_pending, 0), coalesce(credit_account_debits_posted, 0),
       coalesce(credit_account_credits_pending, 0), coalesce(credit_account_credits_posted, 0)
  FROM hold_expiries;
COMMENT ON VIEW entries IS 'Both sides of every transfer and of every expired hold, with the counters of the account right after it';
COMMENT ON COLUMN entries.position IS 'The place of the change: position';
COMMENT ON COLUMN entries.index IS 'The place of the change: index';
COMMENT ON COLUMN entries.logged_at IS 'When it was logged, to the microsecond';
COMMENT ON COLUMN entries.logged_ns IS 'The same in nanoseconds since 1970 UTC';
COMMENT ON COLUMN entries.day IS 'The day in UTC when it was logged';
COMMENT ON COLUMN entries.side IS 'debit or credit';
COMMENT ON COLUMN entries.kind IS 'transfer or expiry';
COMMENT ON COLUMN entries.account_id IS 'The account of this side';
COMMENT ON COLUMN entries.other_account_id IS 'The account of the other side';
COMMENT ON COLUMN entries.ledger IS 'Currency or asset';
COMMENT ON COLUMN entries.code IS 'Why the transfer was made';
COMMENT ON COLUMN entries.flags IS 'As those of transfers';
COMMENT ON COLUMN entries.transfer_id IS 'The transfer; of an expiry the hold';
COMMENT ON COLUMN entries.amount IS 'Of the transfer';
COMMENT ON COLUMN entries.posted IS 'What it added to the posted counter of its side';
COMMENT ON COLUMN entries.held IS 'What it added to the pending counter of its side; negative: it was released';
COMMENT ON COLUMN entries.debits_pending IS 'Counter of the account right after it';
COMMENT ON COLUMN entries.debits_posted IS 'Counter of the account right after it';
COMMENT ON COLUMN entries.credits_pending IS 'Counter of the account right after it';
COMMENT ON COLUMN entries.credits_posted IS 'Counter of the account right after it';

CREATE VIEW daily_balances AS
SELECT DISTINCT ON (account_id, day)
       account_id, day, ledger, debits_pending, debits_posted, credits_pending, credits_posted,
       credits_posted - debits_posted AS balance
  FROM entries
 ORDER BY account_id, day, position DESC, index DESC;
COMMENT ON VIEW daily_balances IS 'The counters of each account at the end of each day (UTC) on which it moved';
COMMENT ON COLUMN daily_balances.account_id IS 'The account';
COMMENT ON COLUMN daily_balances.day IS 'A day on which it moved';
COMMENT ON COLUMN daily_balances.ledger IS 'Currency or asset';
COMMENT ON COLUMN daily_balances.debits_pending IS 'At the end of the day';
COMMENT ON COLUMN daily_balances.debits_posted IS 'At the end of the day';
COMMENT ON COLUMN daily_balances.credits_pending IS 'At the end of the day';
COMMENT ON COLUMN daily_balances.credits_posted IS 'At the end of the day';
COMMENT ON COLUMN daily_balances.balance IS 'Credits less debits';

CREATE VIEW trial_balance AS
SELECT ledger, count(*) AS accounts,
       sum(debits_pending) AS debits_pending, sum(debits_posted) AS debits_posted,
       sum(credits_pending) AS credits_pending, sum(credits_posted) AS credits_posted
  FROM balances
 GROUP BY ledger;
COMMENT ON VIEW trial_balance IS 'The sums of all counters by ledger: debits and credits are equal';
COMMENT ON COLUMN trial_balance.ledger IS 'Currency or asset';
COMMENT ON COLUMN trial_balance.accounts IS 'Accounts that have moved';
COMMENT ON COLUMN trial_balance.debits_pending IS 'Of all accounts';
COMMENT ON COLUMN trial_balance.debits_posted IS 'Of all accounts';
COMMENT ON COLUMN trial_balance.credits_pending IS 'Of all accounts';
COMMENT ON COLUMN trial_balance.credits_posted IS 'Of all accounts';

-- Posted counters only grow, so that the last is the largest: nothing need be sorted.
CREATE FUNCTION trial_balance_at(last_day date)
RETURNS TABLE (ledger bigint, accounts bigint, debits_pending numeric, debits_posted numeric,
               credits_pending numeric, credits_posted numeric)
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT a.ledger, count(*), sum(a.debits_pending), sum(a.debits_posted),
         sum(a.credits_pending), sum(a.credits_posted)
    FROM (SELECT e.ledger,
                 coalesce(sum(e.held) FILTER (WHERE e.side = 'debit'), 0) AS debits_pending,
                 max(e.debits_posted) AS debits_posted,
                 coalesce(sum(e.held) FILTER (WHERE e.side = 'credit'), 0) AS credits_pending,
                 max(e.credits_posted) AS credits_posted
            FROM entries e
           WHERE e.day <= last_day
           GROUP BY e.account_id, e.ledger) a
   GROUP BY a.ledger;
END;
COMMENT ON FUNCTION trial_balance_at(date) IS 'trial_balance as it was at the end of that day (UTC)';

CREATE VIEW largest_movements AS
SELECT ranked.day, ranked.ledger, ranked.rank, ranked.amount, ranked.transfer_id,
       ranked.debit_account_id, ranked.credit_account_id, ranked.code, ranked.logged_at
  FROM (SELECT day, ledger, amount, id AS transfer_id, debit_account_id, credit_account_id, code,
               logged_at, rank() OVER (PARTITION BY day, ledger ORDER BY amount DESC) AS rank
          FROM transfers
         WHERE flags & 10 = 0) ranked
 WHERE ranked.rank <= 100;
COMMENT ON VIEW largest_movements IS 'The hundred largest transfers that moved money, by day (UTC) and ledger; holds and voids move none';
COMMENT ON COLUMN largest_movements.day IS 'The day in UTC';
COMMENT ON COLUMN largest_movements.ledger IS 'Currency or asset';
COMMENT ON COLUMN largest_movements.rank IS '1: the largest of the day and ledger; equal amounts share a rank';
COMMENT ON COLUMN largest_movements.amount IS 'In the minor unit of the ledger';
COMMENT ON COLUMN largest_movements.transfer_id IS 'The transfer';
COMMENT ON COLUMN largest_movements.debit_account_id IS 'The account that was debited';
COMMENT ON COLUMN largest_movements.credit_account_id IS 'The account that was credited';
COMMENT ON COLUMN largest_movements.code IS 'Why it was made';
COMMENT ON COLUMN largest_movements.logged_at IS 'When it was logged';

CREATE VIEW dormant_accounts AS
SELECT a.id AS account_id, a.ledger, a.code, coalesce(b.logged_at, a.created_at) AS last_moved_at,
       now() - coalesce(b.logged_at, a.created_at) AS idle,
       coalesce(b.credits_posted - b.debits_posted, 0) AS balance
  FROM accounts a LEFT JOIN balances b ON b.account_id = a.id;
COMMENT ON VIEW dormant_accounts IS 'How long each account has not moved: ask with WHERE idle > interval ''1 year''';
COMMENT ON COLUMN dormant_accounts.account_id IS 'The account';
COMMENT ON COLUMN dormant_accounts.ledger IS 'Currency or asset';
COMMENT ON COLUMN dormant_accounts.code IS 'Type in the chart of accounts';
COMMENT ON COLUMN dormant_accounts.last_moved_at IS 'The last change of its counters; its creation where there was none';
COMMENT ON COLUMN dormant_accounts.idle IS 'The time since';
COMMENT ON COLUMN dormant_accounts.balance IS 'Credits less debits';

CREATE VIEW monthly_turnover AS
SELECT account_id, date_trunc('month', day::timestamp)::date AS month, ledger,
       coalesce(sum(posted) FILTER (WHERE side = 'debit'), 0) AS debits,
       coalesce(sum(posted) FILTER (WHERE side = 'credit'), 0) AS credits,
       count(*) FILTER (WHERE kind = 'transfer' AND flags & 10 = 0) AS transfers
  FROM entries
 GROUP BY account_id, date_trunc('month', day::timestamp)::date, ledger;
COMMENT ON VIEW monthly_turnover IS 'What was debited and credited on each account in each month (UTC)';
COMMENT ON COLUMN monthly_turnover.account_id IS 'The account';
COMMENT ON COLUMN monthly_turnover.month IS 'The first day of the month';
COMMENT ON COLUMN monthly_turnover.ledger IS 'Currency or asset';
COMMENT ON COLUMN monthly_turnover.debits IS 'Posted in the month';
COMMENT ON COLUMN monthly_turnover.credits IS 'Posted in the month';
COMMENT ON COLUMN monthly_turnover.transfers IS 'How many moved money';
