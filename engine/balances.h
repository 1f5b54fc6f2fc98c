// The authoriser's exact counters of all accounts, and the undoing of a chain's changes to them.
#pragma once

#include <unordered_map>
#include <vector>

#include "engine/account_state.h"
#include "engine/tables.h"

namespace florin::engine {

// Belongs to the authorising thread.
class BalanceBook {
 public:
  explicit BalanceBook(Tables& tables) : tables_(tables) {}

  u128 get(u32 slot, Counter counter) const {
    const AccountState& state = tables_.account_states[slot];
    if ((state.status & AccountState::kWide) != 0) [[unlikely]] {
      return wide_.at(slot)[static_cast<usize>(counter)];
    }
    return state.narrow(counter);
  }

  void set(u32 slot, Counter counter, u128 value) {
    AccountState& state = tables_.account_states[slot];
    if (value > kNarrowMax || (state.status & AccountState::kWide) != 0) [[unlikely]] {
      set_wide(slot, counter, value);
      return;
    }
    state.set_narrow(counter, value);
  }

  Balances all(u32 slot) const {
    return {get(slot, Counter::DebitsPending), get(slot, Counter::DebitsPosted),
            get(slot, Counter::CreditsPending), get(slot, Counter::CreditsPosted)};
  }
  void set_all(u32 slot, const Balances& balances);

 private:
  void set_wide(u32 slot, Counter counter, u128 value);

  Tables& tables_;
  // By account slot. An account never becomes narrow again.
  std::unordered_map<u32, Balances> wide_;
};

}  // namespace florin::engine
