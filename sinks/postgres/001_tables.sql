-- Version 1: the tables. Run in one transaction, with the schema of the sink as search_path.
-- What is 128 bits wide in the ledger is numeric(39,0) here; what is 64 bits wide and a caller's own
-- is numeric(20,0). Amounts are in the minor unit of their ledger. NULL: the change does not have it.

CREATE TABLE sink_position (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sink text NOT NULL,
  ledger_id numeric(39,0) NOT NULL,
  next_position bigint NOT NULL DEFAULT 0,
  next_index integer NOT NULL DEFAULT 0,
  last_position bigint NOT NULL DEFAULT 0,
  last_index integer NOT NULL DEFAULT 0,
  last_logged_ns bigint NOT NULL DEFAULT 0,
  balances_position bigint NOT NULL DEFAULT 0,
  balances_index integer NOT NULL DEFAULT 0,
  partition_positions bigint NOT NULL CHECK (partition_positions > 0),
  committed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sink_position IS 'Up to where the ledger''s changes are in these tables; written in the transaction that brings them';
COMMENT ON COLUMN sink_position.only_row IS 'There is one row';
COMMENT ON COLUMN sink_position.sink IS 'The name of the sink that writes here; there is one for each schema';
COMMENT ON COLUMN sink_position.ledger_id IS 'The ledger whose changes these are; those of another are refused';
COMMENT ON COLUMN sink_position.next_position IS 'The place behind the last change that is here or was passed over by the filter: position';
COMMENT ON COLUMN sink_position.next_index IS 'The same: index';
COMMENT ON COLUMN sink_position.last_position IS 'The last change that is here: position';
COMMENT ON COLUMN sink_position.last_index IS 'The last change that is here: index';
COMMENT ON COLUMN sink_position.last_logged_ns IS 'When its event was logged: nanoseconds since 1970 UTC; 0: nothing is here';
COMMENT ON COLUMN sink_position.balances_position IS 'The table balances has all changes before this place: position';
COMMENT ON COLUMN sink_position.balances_index IS 'The same: index';
COMMENT ON COLUMN sink_position.partition_positions IS 'Positions in a partition; fixed when the tables are made';
COMMENT ON COLUMN sink_position.committed_at IS 'When the last transaction of the sink began';

CREATE TABLE accounts (
  id numeric(39,0) PRIMARY KEY,
  position bigint NOT NULL,
  index integer NOT NULL,
  created_at timestamptz NOT NULL,
  logged_ns bigint NOT NULL,
  timestamp_ns bigint NOT NULL,
  ledger bigint NOT NULL,
  code integer NOT NULL,
  flags integer NOT NULL,
  user_data_128 numeric(39,0),
  user_data_64 numeric(20,0),
  user_data_32 bigint,
  closed_by numeric(39,0),
  overdraft_limit numeric(39,0),
  balance_limit numeric(39,0),
  transfer_limit numeric(39,0),
  velocity_window bigint,
  velocity_sum_limit numeric(39,0),
  velocity_count_limit bigint,
  updated_position bigint,
  updated_index integer
) WITH (fillfactor = 90);
COMMENT ON TABLE accounts IS 'Every account, as it is now: flags, user data and limits are those after its last update';
COMMENT ON COLUMN accounts.id IS 'The account';
COMMENT ON COLUMN accounts.position IS 'The place of its creation: position of the logged event';
COMMENT ON COLUMN accounts.index IS 'The place of its creation: which change of the event';
COMMENT ON COLUMN accounts.created_at IS 'When its creation was logged, to the microsecond';
COMMENT ON COLUMN accounts.logged_ns IS 'The same in nanoseconds since 1970 UTC';
COMMENT ON COLUMN accounts.timestamp_ns IS 'Its own timestamp: that of an imported account is older than the log';
COMMENT ON COLUMN accounts.ledger IS 'Currency or asset';
COMMENT ON COLUMN accounts.code IS 'Type in the chart of accounts';
COMMENT ON COLUMN accounts.flags IS 'Bits: 2 debits_must_not_exceed_credits, 4 credits_must_not_exceed_debits, 8 history, 16 imported, 32 closed, 64 frozen_debits, 128 frozen_credits';
COMMENT ON COLUMN accounts.user_data_128 IS 'The caller''s own; NULL: 0';
COMMENT ON COLUMN accounts.user_data_64 IS 'The caller''s own; NULL: 0';
COMMENT ON COLUMN accounts.user_data_32 IS 'The caller''s own; NULL: 0';
COMMENT ON COLUMN accounts.closed_by IS 'The pending transfer that closes it; its end opens the account again';
COMMENT ON COLUMN accounts.overdraft_limit IS 'How far it may go below zero where its flags forbid it to; NULL: no limit was set';
COMMENT ON COLUMN accounts.balance_limit IS 'The most that it may hold';
COMMENT ON COLUMN accounts.transfer_limit IS 'The largest single debit';
COMMENT ON COLUMN accounts.velocity_window IS 'Seconds in which the next two count';
COMMENT ON COLUMN accounts.velocity_sum_limit IS 'The most debited within the window';
COMMENT ON COLUMN accounts.velocity_count_limit IS 'The most debits within the window';
COMMENT ON COLUMN accounts.updated_position IS 'The place of the last change of this row: position; NULL: none since its creation';
COMMENT ON COLUMN accounts.updated_index IS 'The place of the last change of this row: index';

CREATE TABLE account_updates (
  position bigint NOT NULL,
  index integer NOT NULL,
  logged_at timestamptz NOT NULL,
  logged_ns bigint NOT NULL,
  update_id numeric(39,0) NOT NULL,
  account_id numeric(39,0) NOT NULL,
  changes integer NOT NULL,
  flags integer NOT NULL,
  user_data_128 numeric(39,0),
  user_data_64 numeric(20,0),
  user_data_32 bigint,
  overdraft_limit numeric(39,0),
  balance_limit numeric(39,0),
  transfer_limit numeric(39,0),
  velocity_window bigint,
  velocity_sum_limit numeric(39,0),
  velocity_count_limit bigint,
  reason text NOT NULL,
  principal numeric(20,0),
  trace_id numeric(39,0)
);
CREATE INDEX account_updates_account ON account_updates (account_id, position);
CREATE INDEX account_updates_time ON account_updates USING brin (logged_at);
COMMENT ON TABLE account_updates IS 'Every update of an account: what, why and by whom';
COMMENT ON COLUMN account_updates.position IS 'Its place: position of the logged event';
COMMENT ON COLUMN account_updates.index IS 'Its place: which change of the event';
COMMENT ON COLUMN account_updates.logged_at IS 'When it was logged, to the microsecond';
COMMENT ON COLUMN account_updates.logged_ns IS 'The same in nanoseconds since 1970 UTC';
COMMENT ON COLUMN account_updates.update_id IS 'The id of the update';
COMMENT ON COLUMN account_updates.account_id IS 'The account that was updated';
COMMENT ON COLUMN account_updates.changes IS 'What was changed: bits in the order freeze, unfreeze debits; freeze, unfreeze credits; set user_data_128, 64, 32; set, clear overdraft limit; balance limit; transfer limit; velocity limit';
COMMENT ON COLUMN account_updates.flags IS 'Bit 1: linked';
COMMENT ON COLUMN account_updates.user_data_128 IS 'The new value where its bit is set; NULL: 0';
COMMENT ON COLUMN account_updates.user_data_64 IS 'The new value where its bit is set; NULL: 0';
COMMENT ON COLUMN account_updates.user_data_32 IS 'The new value where its bit is set; NULL: 0';
COMMENT ON COLUMN account_updates.overdraft_limit IS 'The new limit; NULL: it was not set';
COMMENT ON COLUMN account_updates.balance_limit IS 'The new limit; NULL: it was not set';
COMMENT ON COLUMN account_updates.transfer_limit IS 'The new limit; NULL: it was not set';
COMMENT ON COLUMN account_updates.velocity_window IS 'Of the new velocity limit: seconds; NULL: it was not set';
COMMENT ON COLUMN account_updates.velocity_sum_limit IS 'Of the new velocity limit: the most debited';
COMMENT ON COLUMN account_updates.velocity_count_limit IS 'Of the new velocity limit: the most debits';
COMMENT ON COLUMN account_updates.reason IS 'Why. Bytes that are no UTF-8 text stand here in hexadecimal behind \x';
COMMENT ON COLUMN account_updates.principal IS 'Who asked; NULL: not authenticated';
COMMENT ON COLUMN account_updates.trace_id IS 'Of the request; NULL: none';

CREATE TABLE transfers (
  position bigint NOT NULL,
  logged_at timestamptz NOT NULL,
  logged_ns bigint NOT NULL,
  index integer NOT NULL,
  day date NOT NULL,
  ledger bigint NOT NULL,
  code integer NOT NULL,
  flags integer NOT NULL,
  id numeric(39,0) NOT NULL,
  debit_account_id numeric(39,0) NOT NULL,
  credit_account_id numeric(39,0) NOT NULL,
  amount numeric(39,0) NOT NULL,
  debit_account_debits_pending numeric(39,0),
  debit_account_debits_posted numeric(39,0),
  debit_account_credits_pending numeric(39,0),
  debit_account_credits_posted numeric(39,0),
  credit_account_debits_pending numeric(39,0),
  credit_account_debits_posted numeric(39,0),
  credit_account_credits_pending numeric(39,0),
  credit_account_credits_posted numeric(39,0),
  pending_id numeric(39,0),
  timeout bigint,
  released numeric(39,0),
  remaining numeric(39,0),
  pending_status smallint,
  imported_ns bigint,
  user_data_128 numeric(39,0),
  user_data_64 numeric(20,0),
  user_data_32 bigint
) PARTITION BY RANGE (position);
COMMENT ON TABLE transfers IS 'Every transfer, with the counters of both accounts right after it. Partitions have sink_position.partition_positions positions each';
COMMENT ON COLUMN transfers.position IS 'Its place: position of the logged event';
COMMENT ON COLUMN transfers.logged_at IS 'When it was logged, to the microsecond';
COMMENT ON COLUMN transfers.logged_ns IS 'The same in nanoseconds since 1970 UTC';
COMMENT ON COLUMN transfers.index IS 'Its place: which change of the event';
COMMENT ON COLUMN transfers.day IS 'The day in UTC when it was logged';
COMMENT ON COLUMN transfers.ledger IS 'Currency or asset';
COMMENT ON COLUMN transfers.code IS 'Why it was made';
COMMENT ON COLUMN transfers.flags IS 'Bits: 1 linked, 2 pending, 4 post, 8 void, 16 and 32 balancing debit and credit, 64 and 128 closing debit and credit, 256 imported, 512 partial capture, 1024 reversal';
COMMENT ON COLUMN transfers.id IS 'The transfer';
COMMENT ON COLUMN transfers.debit_account_id IS 'The account that is debited; of a post or void, that of its hold';
COMMENT ON COLUMN transfers.credit_account_id IS 'The account that is credited; of a post or void, that of its hold';
COMMENT ON COLUMN transfers.amount IS 'In the minor unit of the ledger';
COMMENT ON COLUMN transfers.debit_account_debits_pending IS 'Counter of the debit account right after it; NULL: 0, as in the next seven';
COMMENT ON COLUMN transfers.debit_account_debits_posted IS 'Counter of the debit account right after it';
COMMENT ON COLUMN transfers.debit_account_credits_pending IS 'Counter of the debit account right after it';
COMMENT ON COLUMN transfers.debit_account_credits_posted IS 'Counter of the debit account right after it';
COMMENT ON COLUMN transfers.credit_account_debits_pending IS 'Counter of the credit account right after it';
COMMENT ON COLUMN transfers.credit_account_debits_posted IS 'Counter of the credit account right after it';
COMMENT ON COLUMN transfers.credit_account_credits_pending IS 'Counter of the credit account right after it';
COMMENT ON COLUMN transfers.credit_account_credits_posted IS 'Counter of the credit account right after it';
COMMENT ON COLUMN transfers.pending_id IS 'The transfer that it posts, voids or reverses';
COMMENT ON COLUMN transfers.timeout IS 'Of a hold: seconds until it expires; NULL: never';
COMMENT ON COLUMN transfers.released IS 'What left the pending counters of both accounts: by a post, a void; NULL: 0';
COMMENT ON COLUMN transfers.remaining IS 'What is still on the hold concerned; NULL: 0';
COMMENT ON COLUMN transfers.pending_status IS 'What became of the hold concerned: 1 pending, 2 posted, 3 voided, 4 expired';
COMMENT ON COLUMN transfers.imported_ns IS 'Its own timestamp where that is not when it was logged: of an imported transfer';
COMMENT ON COLUMN transfers.user_data_128 IS 'The caller''s own; NULL: 0';
COMMENT ON COLUMN transfers.user_data_64 IS 'The caller''s own; NULL: 0';
COMMENT ON COLUMN transfers.user_data_32 IS 'The caller''s own; NULL: 0';

CREATE TABLE hold_expiries (LIKE transfers INCLUDING COMMENTS) PARTITION BY RANGE (position);
COMMENT ON TABLE hold_expiries IS 'Every hold that expired: the pending transfer as it was made, with the counters of both accounts right after the expiry, and the place and time of that';
COMMENT ON COLUMN hold_expiries.id IS 'The pending transfer';
COMMENT ON COLUMN hold_expiries.amount IS 'Of the pending transfer';
COMMENT ON COLUMN hold_expiries.released IS 'What left the pending counters of both accounts';
COMMENT ON COLUMN hold_expiries.imported_ns IS 'The timestamp of the pending transfer, nanoseconds since 1970 UTC';

CREATE TABLE balances (
  account_id numeric(39,0) PRIMARY KEY,
  position bigint NOT NULL,
  logged_at timestamptz NOT NULL,
  index integer NOT NULL,
  ledger bigint NOT NULL,
  debits_pending numeric(39,0) NOT NULL,
  debits_posted numeric(39,0) NOT NULL,
  credits_pending numeric(39,0) NOT NULL,
  credits_posted numeric(39,0) NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE balances IS 'The counters of every account that has moved, after its last change; sink_position.balances_position tells up to where. Room is left in its pages so that updates touch no index';
COMMENT ON COLUMN balances.account_id IS 'The account';
COMMENT ON COLUMN balances.position IS 'The change that made them so: position';
COMMENT ON COLUMN balances.logged_at IS 'When that was logged, to the microsecond';
COMMENT ON COLUMN balances.index IS 'The change that made them so: index';
COMMENT ON COLUMN balances.ledger IS 'Currency or asset';
COMMENT ON COLUMN balances.debits_pending IS 'On hold, to be debited';
COMMENT ON COLUMN balances.debits_posted IS 'All debits so far';
COMMENT ON COLUMN balances.credits_pending IS 'On hold, to be credited';
COMMENT ON COLUMN balances.credits_posted IS 'All credits so far';
