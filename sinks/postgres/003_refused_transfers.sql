-- Version 3: transfers that were refused, for sinks whose filter asks for them, and what analysts ask
-- about them. Types and NULL as in version 1.

CREATE TABLE refused_transfers (
  position bigint NOT NULL,
  logged_at timestamptz NOT NULL,
  logged_ns bigint NOT NULL,
  index integer NOT NULL,
  day date NOT NULL,
  outcome text NOT NULL,
  ledger bigint NOT NULL,
  code integer NOT NULL,
  flags integer NOT NULL,
  id numeric(39,0) NOT NULL,
  debit_account_id numeric(39,0) NOT NULL,
  credit_account_id numeric(39,0) NOT NULL,
  amount numeric(39,0) NOT NULL,
  pending_id numeric(39,0),
  timeout bigint,
  user_data_128 numeric(39,0),
  user_data_64 numeric(20,0),
  user_data_32 bigint
) PARTITION BY RANGE (position);
COMMENT ON TABLE refused_transfers IS 'Every transfer that was refused, as it was asked for: it moved nothing, and what it names need not exist. Empty unless the filter of the sink has transfer_refused. Partitions have sink_position.partition_positions positions each';
COMMENT ON COLUMN refused_transfers.position IS 'Its place: position of the logged event';
COMMENT ON COLUMN refused_transfers.logged_at IS 'When it was logged, to the microsecond';
COMMENT ON COLUMN refused_transfers.logged_ns IS 'The same in nanoseconds since 1970 UTC';
COMMENT ON COLUMN refused_transfers.index IS 'Its place: which change of the event';
COMMENT ON COLUMN refused_transfers.day IS 'The day in UTC when it was logged';
COMMENT ON COLUMN refused_transfers.outcome IS 'Why it was refused, such as exceeds_credits';
COMMENT ON COLUMN refused_transfers.ledger IS 'Currency or asset that was asked for; 0: it was left out';
COMMENT ON COLUMN refused_transfers.code IS 'Why it was to be made; 0: it was left out';
COMMENT ON COLUMN refused_transfers.flags IS 'Bits as those of transfers, and any others that were asked for';
COMMENT ON COLUMN refused_transfers.id IS 'The id that was asked for; several refusals may have the same';
COMMENT ON COLUMN refused_transfers.debit_account_id IS 'The account that was to be debited; 0: it was left out';
COMMENT ON COLUMN refused_transfers.credit_account_id IS 'The account that was to be credited; 0: it was left out';
COMMENT ON COLUMN refused_transfers.amount IS 'In the minor unit of the ledger; 2^128-1 asks for all there is';
COMMENT ON COLUMN refused_transfers.pending_id IS 'The transfer that it was to post, void or reverse';
COMMENT ON COLUMN refused_transfers.timeout IS 'Of a hold: seconds until it was to expire; NULL: never';
COMMENT ON COLUMN refused_transfers.user_data_128 IS 'The caller''s own; NULL: 0';
COMMENT ON COLUMN refused_transfers.user_data_64 IS 'The caller''s own; NULL: 0';
COMMENT ON COLUMN refused_transfers.user_data_32 IS 'The caller''s own; NULL: 0';

CREATE VIEW daily_refusals AS
SELECT day, ledger, outcome, count(*) AS refusals,
       count(DISTINCT nullif(debit_account_id, 0)) AS debit_accounts,
       min(logged_at) AS first_at, max(logged_at) AS last_at
  FROM refused_transfers
 GROUP BY day, ledger, outcome;
COMMENT ON VIEW daily_refusals IS 'How many transfers were refused on each day (UTC), by ledger and reason';
COMMENT ON COLUMN daily_refusals.day IS 'The day in UTC';
COMMENT ON COLUMN daily_refusals.ledger IS 'Currency or asset that was asked for; 0: it was left out';
COMMENT ON COLUMN daily_refusals.outcome IS 'Why they were refused';
COMMENT ON COLUMN daily_refusals.refusals IS 'How many there were';
COMMENT ON COLUMN daily_refusals.debit_accounts IS 'How many accounts were to be debited';
COMMENT ON COLUMN daily_refusals.first_at IS 'When the first was logged';
COMMENT ON COLUMN daily_refusals.last_at IS 'When the last was logged';
