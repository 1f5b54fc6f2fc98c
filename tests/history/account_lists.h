// Every account's transfers in the order in which they were created, as the final reads list them,
// and which call created each.
#pragma once

#include <unordered_map>
#include <vector>

#include "tests/history/placement.h"

namespace florin::test {

inline constexpr u32 kNobody = ~u32{0};

// What an account had posted.
struct Posted {
  u128 debits = 0;
  u128 credits = 0;
  friend bool operator==(const Posted&, const Posted&) = default;
};

struct AccountList {
  std::vector<u32> writers;              // Of each entry: index of the call in the history.
  std::vector<Posted> posted{Posted{}};  // After so many entries.
};

class AccountLists {
 public:
  // Says what is there twice, or was made by nobody, or is missing.
  AccountLists(const History& history, std::vector<Violation>& violations);

  // Null when no transfer touched the account.
  const AccountList* find(u128 account) const;
  const std::unordered_map<u128, AccountList, U128Hash>& all() const { return lists_; }
  // Where the transfer stands in the account's list, or kNobody.
  u32 place_of(u128 account, u128 transfer) const;
  // The call that created the transfer, or kNobody.
  u32 writer_of(u128 transfer) const;
  // Whether a call that was cut off turned out to have happened.
  bool happened(u32 call) const { return happened_[call]; }
  // What it is to show this transfer, which is not in the lists.
  Anomaly name_of_stranger(u128 transfer) const;

 private:
  void list_final_transfers(std::vector<Violation>& violations);
  void find_writers(std::vector<Violation>& violations);
  void make_lists();
  u32 append(u128 account, const ledger::Transfer& transfer, u32 writer, bool debit);
  void take_answered(const Call& call, u32 index, std::vector<Violation>& violations);
  void take_cut_off(const Call& call, u32 index);
  bool asked(u128 transfer) const;

  struct Known {
    u32 order = 0;  // In `transfers_`.
    u32 writer = kNobody;
    u32 debit_place = kNobody;
    u32 credit_place = kNobody;
  };

  const History& history_;
  std::vector<ledger::Transfer> transfers_;  // In order.
  std::unordered_map<u128, Known, U128Hash> known_;
  std::vector<bool> happened_;
  std::unordered_map<u128, AccountList, U128Hash> lists_;
};

}  // namespace florin::test
