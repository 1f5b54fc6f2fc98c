// Seeded random requests for property tests: few accounts, so that events meet; amounts at the
// edges; chains broken everywhere; retries, exact or with one field changed; bad shapes; look-ups
// and trial balances in between.
#pragma once

#include <deque>
#include <vector>

#include "base/random.h"
#include "tests/support/owned_request.h"

namespace florin::test {

// Shares are in percent.
struct GeneratorOptions {
  u32 accounts = 48;             // How many accounts come to exist, most at once, others later.
  u32 huge_accounts = 9;         // So many more, for amounts that fill their counters.
  u32 ledgers = 3;               // The accounts are spread over ledgers 1 … ledgers.
  u32 request_events_max = 24;   // At least 1; one request in four has a single event.
  u32 remembered_requests = 64;  // Of each kind: earlier writes, from which retries are taken.

  // Of the requests; the rest creates transfers.
  u32 account_requests = 10;
  u32 retried_requests = 4;  // An earlier write, half of them with one field of one event changed.
  u32 lookup_requests = 8;
  u32 trial_balance_requests = 2;

  u32 limited_accounts = 40;  // Of the accounts: half of them limit their debits, half credits.
  u32 chains = 8;             // Of the events: a chain begins, and goes on with each in 3 of 5.
  u32 open_chains = 4;        // Of the requests: the last event is flagged linked.
  u32 retried_events = 4;     // Of the events: copied from an earlier request, often to the end of
                              // their chain, half of them with a field changed.
  u32 reused_ids = 2;         // Of the events: a new one under an id that was sent before.
  u32 missing_accounts = 2;   // Of the transfers: one side never exists.
  u32 wrong_ledgers = 2;      // Of the transfers: a side or the transfer is of another ledger.
  u32 bad_shapes = 3;         // Of the events: a field that the event's own shape forbids.
  u32 edge_amounts = 20;      // Of the transfers: 0, 1 or the like. Others are below 1,000.
  u32 huge_amounts = 4;       // Of the transfers: up to 2^128-1, between the huge accounts.
};

// The same seed and options give the same requests, on every machine. The first request creates
// accounts. Flags that are defined but not built are never set.
class RequestGenerator {
 public:
  explicit RequestGenerator(u64 seed, GeneratorOptions options = {});

  OwnedRequest next();

  // Every transfer id that was sent as a new one, in that order; and every account id that may come
  // to exist. For comparing ledgers at the end.
  const std::vector<u128>& transfer_ids() const { return transfer_ids_; }
  const std::vector<u128>& account_ids() const { return account_ids_; }

 private:
  OwnedRequest create_first_accounts();
  OwnedRequest create_accounts();
  OwnedRequest create_transfers();
  OwnedRequest retry_accounts();
  OwnedRequest retry_transfers();
  OwnedRequest lookup_accounts();
  OwnedRequest lookup_transfers();
  OwnedRequest get_trial_balance();

  usize event_count();
  ledger::Account account(usize place) const;
  ledger::Account new_account();
  ledger::Transfer new_transfer();
  ledger::Transfer huge_transfer();
  u128 new_transfer_id();
  u128 any_transfer_id();
  u128 any_account_id();
  // An account in the ledger of the one at `place`, other than it.
  usize partner(usize place);
  u128 amount();
  void misplace(ledger::Transfer& transfer);

  void change_field(ledger::Account& account);
  void change_field(ledger::Transfer& transfer);
  void spoil(ledger::Account& account);
  void spoil(ledger::Transfer& transfer);
  template <class Event>
  bool append_retried(std::vector<Event>& events, const std::deque<std::vector<Event>>& remembered);
  template <class Event>
  void finish(std::vector<Event>& events, std::deque<std::vector<Event>>& remembered);

  bool percent(u32 share) { return random_.chance(share, 100); }

  Random random_;
  GeneratorOptions options_;
  std::vector<u128> account_ids_;  // Those of the huge accounts stand at the end.
  std::vector<u128> transfer_ids_;
  std::deque<std::vector<ledger::Account>> account_requests_;
  std::deque<std::vector<ledger::Transfer>> transfer_requests_;
};

}  // namespace florin::test
