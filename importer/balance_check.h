// Compares the ledger's balances at the end of each day with those that the old system recorded.
//
// An account-day is an account and a day on which it has rows. Which row of the day came last is
// not told, so that it agrees when the ledger's balance at the end of the day is one of those
// recorded on it. Otherwise the nearest of them counts, and the difference is carried along: it is
// added to the ledger's balance on later days, so that one difference is not counted twice. Nothing
// is booked.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "importer/id_set.h"
#include "importer/receiver.h"

namespace florin::importer {

__extension__ typedef __int128 i128;

// What was recorded on one day.
struct RecordedDay {
  struct AccountDay {
    u128 account = 0;
    std::vector<i128> balances;
  };
  u64 end_ns = 0;  // Its last moment.
  std::vector<AccountDay> accounts;
};

struct BalanceFindings {
  u64 account_days = 0;
  u64 equal = 0;
  u64 within_tolerance = 0;  // Not equal, but nearer than that.
  u64 off = 0;
  u64 not_there = 0;  // The ledger has no such account.
  // The first that are off, in words.
  std::vector<std::string> examples;
};

struct BalanceCheckOptions {
  bool debit_side = false;
  u128 tolerance = 0;
  u32 decimals = 0;  // For messages.
};

// Belongs to one thread.
class BalanceCheck {
 public:
  explicit BalanceCheck(BalanceCheckOptions options) : options_(options) {}

  // Days must come in their order, when everything up to their end has been taken.
  client::Answer<void> compare(const RecordedDay& day, Receiver& receiver);
  const BalanceFindings& findings() const { return findings_; }

 private:
  void judge(const RecordedDay& day, const RecordedDay::AccountDay& account, i128 balance);
  std::string amount_text(i128 amount) const;

  const BalanceCheckOptions options_;
  BalanceFindings findings_;
  std::unordered_map<u128, i128, HashOfId> carried_;  // Recorded less booked, by account.
};

}  // namespace florin::importer
