#include "engine/balances.h"

namespace florin::engine {

void BalanceBook::set_all(u32 slot, const Balances& balances) {
  for (usize index = 0; index < balances.size(); ++index) {
    set(slot, static_cast<Counter>(index), balances[index]);
  }
}

void BalanceBook::set_wide(u32 slot, Counter counter, u128 value) {
  AccountState& state = tables_.account_states[slot];
  if ((state.status & AccountState::kWide) == 0) {
    wide_[slot] = all(slot);
    state.status |= AccountState::kWide;
  }
  wide_[slot][static_cast<usize>(counter)] = value;
}

}  // namespace florin::engine
