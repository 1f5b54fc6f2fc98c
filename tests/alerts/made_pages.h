// Pages of changes made from a seed: accounts, transfers, holds and what becomes of them, with the
// balances that follow, and refused transfers among them, for tests of what looks at pages alone.
#pragma once

#include <vector>

#include "base/random.h"
#include "base/types.h"
#include "engine/account_state.h"
#include "exporter/change_page.h"
#include "ledger/outcome.h"

namespace florin::test {

class MadePages {
 public:
  explicit MadePages(u64 seed) : random_(seed) {}

  static constexpr u64 kStartNs = 1'793'491'200'000'000'000;  // 2026-11-01T00:00:00Z
  u32 accounts = 12;
  u64 step_ns_max = 120 * kNsPerSecond;  // Between two changes.
  u64 amount_max = 1'000;

  // The next changes, all accounts first.
  exporter::ChangePage next(u32 changes);

  // One more change behind all others, for tests that say what happens.
  void pass_time(u64 ns) { now_ns_ += ns; }
  void add_account(exporter::ChangePage& page, u128 id, u32 ledger = 978);
  void add_transfer(exporter::ChangePage& page, u128 debit, u128 credit, u128 amount, u16 flags = 0,
                    u16 code = 1);
  // A post of so much, or a void, of the oldest open hold; or its expiry.
  void add_post(exporter::ChangePage& page, u128 amount);
  void add_void(exporter::ChangePage& page);
  void add_expiry(exporter::ChangePage& page);
  // Anything may stand in the transfer: it is told as it was asked for.
  void add_refused(exporter::ChangePage& page, const ledger::Transfer& transfer,
                   ledger::TransferOutcome outcome);
  u64 now_ns() const { return now_ns_; }

 private:
  struct Account {
    u128 id = 0;
    u32 ledger = 0;
    engine::Balances balances{};
  };
  ledger::ChangeEvent& add_event(exporter::ChangePage& page, ledger::ChangeKind kind);
  void add_moved(exporter::ChangePage& page, const ledger::Transfer& transfer,
                 ledger::ChangeKind kind, u128 pending, u128 posted, u128 released);
  void add_any(exporter::ChangePage& page);
  void add_any_refused(exporter::ChangePage& page);
  ledger::Transfer take_hold();
  Account& account(u128 id);

  Random random_;
  u64 now_ns_ = kStartNs;
  u64 position_ = 0;
  u64 transfers_ = 0;
  std::vector<Account> accounts_;
  std::vector<ledger::Transfer> holds_;  // Open, oldest first.
};

}  // namespace florin::test
