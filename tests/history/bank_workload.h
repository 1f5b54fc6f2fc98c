// What the clients of a small bank ask: deposits, transfers, holds and their posts and voids,
// reversals, chains, freezes, look-ups and listings, over few accounts, so that clients meet.
#pragma once

#include <deque>
#include <vector>

#include "base/random.h"
#include "tests/support/owned_request.h"

namespace florin::test {

struct BankOptions {
  u32 customers = 24;
  u32 holds_that_expire = 10;  // Percent of the holds: after one second.
  bool listings = true;        // Queries and trial balances, which cost the checker most.
};

// One client's requests. Every write begins with a mark: an event that always succeeds, whose id no
// other request uses (see Call). The same seed and answers give the same requests.
class BankWorkload {
 public:
  BankWorkload(u64 seed, u32 client, const BankOptions& options);

  // All accounts, for one client to create before the others begin.
  static OwnedRequest create_accounts(const BankOptions& options);
  static std::vector<u128> account_ids(const BankOptions& options);

  OwnedRequest next();
  // A write once more, with a mark of its own: after an answer did not come.
  OwnedRequest retry(const ledger::Request& cut_off);
  void observe(const ledger::Request& answered);

 private:
  OwnedRequest write();
  OwnedRequest read();
  OwnedRequest list();
  OwnedRequest freeze();
  OwnedRequest with_mark(std::vector<ledger::Transfer> events);
  void add_event(std::vector<ledger::Transfer>& events);
  void add_chain(std::vector<ledger::Transfer>& events);
  ledger::AccountUpdate update_of(u128 account, u32 changes);
  ledger::Transfer plain();
  ledger::Transfer deposit();
  ledger::Transfer hold();
  ledger::Transfer resolve_hold();
  ledger::Transfer reverse();

  u128 customer() { return 1 + random_.below(options_.customers); }
  u128 new_id() { return make_u128(client_ + 1, ++ids_); }
  u128 some_id();

  Random random_;
  u32 client_;
  BankOptions options_;
  u64 ids_ = 0;
  std::deque<ledger::Transfer> holds_;   // Created, newest last.
  std::deque<ledger::Transfer> plains_;  // The same of plain transfers, for reversals.
};

}  // namespace florin::test
