-- The ledger of the comparison in PostgreSQL: accounts, transfers, and one function for each way to
-- send them. Outcomes: 0 created, 1 exists, 2 exists with different content, 3 the accounts are the
-- same, 4 an account does not exist.

-- Half of each page stays free, so that an update of a balance need not touch the index.
CREATE TABLE accounts (
  id bigint PRIMARY KEY,
  debits bigint NOT NULL DEFAULT 0,
  credits bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);

CREATE TABLE transfers (
  id bigint PRIMARY KEY,
  debit_account bigint NOT NULL,
  credit_account bigint NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Why an id that is there already is answered as it is.
CREATE FUNCTION outcome_of_earlier(
  earlier_id bigint, debit bigint, credit bigint, sum bigint) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  earlier transfers;
BEGIN
  SELECT * INTO earlier FROM transfers WHERE id = earlier_id;
  IF (earlier.debit_account, earlier.credit_account, earlier.amount) = (debit, credit, sum) THEN
    RETURN 1;
  END IF;
  RETURN 2;
END $$;

-- Takes a transfer back of which only one account was there, or none.
CREATE FUNCTION take_back(new_id bigint, debit bigint, credit bigint, sum bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM transfers WHERE id = new_id;
  UPDATE accounts SET debits = debits - sum WHERE id = debit;
  UPDATE accounts SET credits = credits - sum WHERE id = credit;
END $$;

-- Takes both accounts in the order of their ids, so that no two calls wait for each other.
CREATE FUNCTION transfer_one(new_id bigint, debit bigint, credit bigint, sum bigint) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  first_found boolean;
BEGIN
  IF debit = credit THEN
    RETURN 3;
  END IF;
  INSERT INTO transfers (id, debit_account, credit_account, amount)
    VALUES (new_id, debit, credit, sum) ON CONFLICT (id) DO NOTHING;
  IF NOT FOUND THEN
    RETURN outcome_of_earlier(new_id, debit, credit, sum);
  END IF;
  IF debit < credit THEN
    UPDATE accounts SET debits = debits + sum WHERE id = debit;
    first_found := FOUND;
    UPDATE accounts SET credits = credits + sum WHERE id = credit;
  ELSE
    UPDATE accounts SET credits = credits + sum WHERE id = credit;
    first_found := FOUND;
    UPDATE accounts SET debits = debits + sum WHERE id = debit;
  END IF;
  IF NOT (first_found AND FOUND) THEN
    PERFORM take_back(new_id, debit, credit, sum);
    RETURN 4;
  END IF;
  RETURN 0;
END $$;

-- Batches take turns. They have accounts in common, so that one would wait for the other anyway, in
-- an order in which both may wait for each other; and locks on their accounts cost more than the
-- turns.
CREATE FUNCTION take_turn() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(1);
END $$;

-- Each transfer has its own outcome. The ids are the first one and those that follow.
CREATE FUNCTION transfer_each(
  first_id bigint, debits bigint[], credits bigint[], amounts bigint[]) RETURNS int[]
LANGUAGE plpgsql AS $$
DECLARE
  outcomes int[];
  new_id bigint := first_id;
  debit bigint;
  credit bigint;
  sum bigint;
  booked int;
  outcome int;
BEGIN
  PERFORM take_turn();
  FOR debit, credit, sum IN SELECT d, c, a FROM unnest(debits, credits, amounts) AS t (d, c, a) LOOP
    outcome := 0;
    IF debit = credit THEN
      outcome := 3;
    ELSE
      INSERT INTO transfers (id, debit_account, credit_account, amount)
        VALUES (new_id, debit, credit, sum) ON CONFLICT (id) DO NOTHING;
      IF NOT FOUND THEN
        outcome := outcome_of_earlier(new_id, debit, credit, sum);
      ELSE
        UPDATE accounts SET debits = accounts.debits + CASE id WHEN debit THEN sum ELSE 0 END,
          credits = accounts.credits + CASE id WHEN credit THEN sum ELSE 0 END
          WHERE id = ANY (ARRAY[debit, credit]);
        GET DIAGNOSTICS booked = ROW_COUNT;
        IF booked < 2 THEN
          PERFORM take_back(new_id, debit, credit, sum);
          outcome := 4;
        END IF;
      END IF;
    END IF;
    outcomes := outcomes || outcome;
    new_id := new_id + 1;
  END LOOP;
  RETURN outcomes;
END $$;

-- All transfers or none: whatever speaks against one of them is an error of the call.
CREATE FUNCTION transfer_all(
  first_id bigint, debits bigint[], credits bigint[], amounts bigint[]) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
  accounts_named bigint;
  accounts_booked bigint;
BEGIN
  PERFORM take_turn();
  INSERT INTO transfers (id, debit_account, credit_account, amount)
    SELECT first_id + n - 1, d, c, a
    FROM unnest(debits, credits, amounts) WITH ORDINALITY AS t (d, c, a, n);
  WITH legs AS (
    SELECT d AS id, a AS debit, 0 AS credit FROM unnest(debits, amounts) AS t (d, a)
    UNION ALL
    SELECT c, 0, a FROM unnest(credits, amounts) AS t (c, a)
  ), sums AS (
    SELECT id, sum(debit)::bigint AS debit, sum(credit)::bigint AS credit FROM legs GROUP BY id
  ), booked AS (
    UPDATE accounts SET debits = accounts.debits + sums.debit,
      credits = accounts.credits + sums.credit
    FROM sums WHERE accounts.id = sums.id RETURNING 1
  )
  SELECT (SELECT count(*) FROM sums), (SELECT count(*) FROM booked)
    INTO accounts_named, accounts_booked;
  IF accounts_named <> accounts_booked THEN
    RAISE EXCEPTION '% of % accounts do not exist',
      accounts_named - accounts_booked, accounts_named;
  END IF;
  RETURN cardinality(debits);
END $$;

-- Compares every account with the transfers, and their number with what was answered. Says what is
-- wrong, or nothing.
CREATE FUNCTION find_problem(transfers_expected bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  found bigint;
  debited numeric;
  credited numeric;
  wrong bigint;
BEGIN
  SELECT count(*) INTO found FROM transfers;
  IF found <> transfers_expected THEN
    RETURN format('%s transfers were answered, but there are %s', transfers_expected, found);
  END IF;
  SELECT sum(debits), sum(credits) INTO debited, credited FROM accounts;
  IF debited <> credited THEN
    RETURN format('debits are %s in all, but credits are %s', debited, credited);
  END IF;
  SELECT count(*) INTO wrong FROM accounts
    LEFT JOIN (SELECT debit_account AS id, sum(amount) AS sum FROM transfers GROUP BY 1) d
      USING (id)
    LEFT JOIN (SELECT credit_account AS id, sum(amount) AS sum FROM transfers GROUP BY 1) c
      USING (id)
    WHERE debits <> coalesce(d.sum, 0) OR credits <> coalesce(c.sum, 0);
  IF wrong > 0 THEN
    RETURN format('the balances of %s accounts are not the sums of their transfers', wrong);
  END IF;
  RETURN '';
END $$;
