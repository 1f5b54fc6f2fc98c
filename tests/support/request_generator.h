// Seeded random requests for property tests: few accounts, so that events meet; amounts at the
// edges; chains broken everywhere; retries, exact or with one field changed; bad shapes; look-ups
// and trial balances in between.
#pragma once

#include <deque>
#include <vector>

#include "base/random.h"
#include "tests/support/owned_request.h"

namespace florin::test_support {

// Shares are in percent of the draws they name.
struct GeneratorOptions {
  u32 accounts = 48;  // Account ids 1 … accounts come to exist, little by little.
  u32 ledgers = 3;    // Account k belongs to ledger 1 + k % ledgers.
  u32 request_events_max = 24;
  u32 remembered_requests = 64;  // Earlier writes that may be sent again.

  u32 account_requests = 12;  // Of the requests; the rest after these five creates transfers.
  u32 retried_requests = 4;   // Sent again whole, half of them with one field of one event changed.
  u32 lookup_requests = 8;
  u32 trial_balance_requests = 2;

  u32 limited_accounts = 40;  // Half of them limit their debits, half their credits.
  u32 linked_events = 15;     // Of the events; a chain goes on with three in five.
  u32 open_chains = 3;        // Of the requests: the last event is flagged linked.
  u32 retried_events = 4;     // A copy of an earlier event, half of them with a field changed.
  u32 reused_ids = 2;         // A new event under an id that was sent before.
  u32 missing_accounts = 2;   // A side names an account that never exists.
  u32 wrong_ledgers = 2;      // A side, or the transfer, is of another ledger.
  u32 bad_shapes = 3;         // One field that the event's own shape forbids.
  u32 edge_amounts = 25;      // 0, 1 and the like; the rest are below 1,000.
  u32 huge_amounts = 2;       // Up to 2^128-1, between accounts that are kept for it.
};

// The same seed and options give the same requests, on every machine.
class RequestGenerator {
 public:
  explicit RequestGenerator(u64 seed, GeneratorOptions options = {});

  OwnedRequest next();

  // Every transfer id that a request may have carried so far, in order of first use.
  const std::vector<u128>& transfer_ids() const { return transfer_ids_; }

 private:
  OwnedRequest create_accounts();
  OwnedRequest create_transfers();
  OwnedRequest retry_request();
  OwnedRequest lookup_accounts();
  OwnedRequest lookup_transfers();
  OwnedRequest get_trial_balance();

  ledger::Account account_event();
  ledger::Transfer transfer_event();
  ledger::Transfer plain_transfer();
  u128 fresh_transfer_id();
  u128 account_of_ledger(u32 ledger);
  u128 lookup_id(u128 known);
  void change_field(ledger::Account& event);
  void change_field(ledger::Transfer& event);
  void spoil(ledger::Account& event);
  void spoil(ledger::Transfer& event);
  template <class Event>
  void link(std::vector<Event>& events);

  bool percent(u32 share) { return random_.chance(share, 100); }

  Random random_;
  GeneratorOptions options_;
  std::deque<std::vector<ledger::Account>> account_requests_;
  std::deque<std::vector<ledger::Transfer>> transfer_requests_;
  std::vector<u128> transfer_ids_;
};

}  // namespace florin::test_support
