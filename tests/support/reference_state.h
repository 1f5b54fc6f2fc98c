// What the reference ledger knows, in maps whose changes can be taken back.
#pragma once

#include <array>
#include <compare>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "ledger/request.h"

namespace florin::test {

// A map by id that remembers what it changed, so that a chain or a dry run can be undone.
template <class Value>
class RevertibleMap {
 public:
  const std::map<u128, Value>& all() const { return now_; }
  // The value, valid until the next change, or null.
  const Value* find(u128 id) const {
    const auto found = now_.find(id);
    return found == now_.end() ? nullptr : &found->second;
  }
  void put(u128 id, const Value& value) {
    remember(id);
    now_.insert_or_assign(id, value);
  }
  void erase(u128 id) {
    remember(id);
    now_.erase(id);
  }

  usize mark() const { return before_.size(); }
  void revert(usize mark) {
    for (; before_.size() > mark; before_.pop_back()) {
      const auto& [id, value] = before_.back();
      if (value.has_value()) now_.insert_or_assign(id, *value);
      if (!value.has_value()) now_.erase(id);
    }
  }
  // From here on there is no way back.
  void forget() { before_.clear(); }

 private:
  void remember(u128 id) {
    const Value* value = find(id);
    before_.emplace_back(id, value == nullptr ? std::nullopt : std::optional<Value>(*value));
  }

  std::map<u128, Value> now_;
  std::vector<std::pair<u128, std::optional<Value>>> before_;  // In the order of the changes.
};

// An account as it is, and as it was asked for.
struct ReferenceAccount {
  ledger::Account now;
  ledger::Account creation;
  ledger::AccountLimits limits;  // Without what is used of them.
  usize counted_from = 0;  // Velocity: transfers from this place in the order of creation count.
};

// A transfer and what became of it.
struct ReferenceTransfer {
  ledger::Transfer transfer;
  ledger::PendingStatus status = ledger::PendingStatus::None;
  u128 remaining = 0;     // Of a hold: still there.
  u128 captured = 0;      // Of a hold: the sum of its posts.
  u64 deadline = 0;       // Of a hold, 0 = never.
  bool took_all = false;  // Of a post: it took what was left.
  bool reversed = false;
};

// A place in the order of creation.
struct ReferencePlace {
  u128 id;
  u128 debit_account_id;  // Of a transfer.
  u64 timestamp;
};

struct ReferenceState {
  RevertibleMap<ReferenceAccount> accounts;
  RevertibleMap<ReferenceTransfer> transfers;
  RevertibleMap<ledger::AccountUpdate> updates;
  RevertibleMap<ledger::TransferOutcome> failed_transfers;
  RevertibleMap<ledger::UpdateOutcome> failed_updates;
  RevertibleMap<u64> deadlines;  // Of the holds that are open and have one.
  std::vector<ReferencePlace> account_order;
  std::vector<ReferencePlace> transfer_order;
  std::vector<ledger::AccountChange> changes;

  using Mark = std::array<usize, 9>;
  Mark mark() const {
    return {accounts.mark(),         transfers.mark(),      updates.mark(),
            failed_transfers.mark(), failed_updates.mark(), deadlines.mark(),
            account_order.size(),    transfer_order.size(), changes.size()};
  }
  // Everything is as it was at the mark.
  void revert(const Mark& mark) {
    accounts.revert(mark[0]);
    transfers.revert(mark[1]);
    updates.revert(mark[2]);
    failed_transfers.revert(mark[3]);
    failed_updates.revert(mark[4]);
    deadlines.revert(mark[5]);
    account_order.resize(mark[6]);
    transfer_order.resize(mark[7]);
    changes.resize(mark[8]);
  }
  void forget() {
    accounts.forget();
    transfers.forget();
    updates.forget();
    failed_transfers.forget();
    failed_updates.forget();
    deadlines.forget();
  }
};

// A sum of amounts that may be negative or beyond 128 bits: high * 2^128 + low.
struct SignedSum {
  i64 high = 0;
  u128 low = 0;

  SignedSum plus(u128 amount) const {
    const u128 sum = low + amount;
    return {sum < low ? high + 1 : high, sum};
  }
  SignedSum minus(u128 amount) const { return {low < amount ? high - 1 : high, low - amount}; }
  // 128 bits in two's complement.
  static SignedSum of_signed(u128 bits) { return {bits >> 127 != 0 ? -1 : 0, bits}; }
  friend std::strong_ordering operator<=>(const SignedSum&, const SignedSum&) = default;
};

}  // namespace florin::test
