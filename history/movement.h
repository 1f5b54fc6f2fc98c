// What a change does to the counters of its two accounts.
#pragma once

#include "base/types.h"
#include "engine/account_state.h"
#include "history/change.h"

namespace florin::history {

// What an expiry of a hold or a created transfer moves on either side: into the pending counter,
// out of it, and into the posted one. Sums wrap around, as the counters never do.
struct Movement {
  u128 pending = 0;
  u128 posted = 0;
};

inline Movement movement_of(const TransferChange& change) {
  const ledger::Transfer& transfer = change.transfer;
  if (change.kind == ledger::ChangeKind::HoldExpired) return {u128{0} - change.released, 0};
  if ((transfer.flags & ledger::transfer_flags::kPending) != 0) return {transfer.amount, 0};
  if ((transfer.flags & ledger::transfer_flags::kVoidPendingTransfer) != 0) {
    return {u128{0} - change.released, 0};
  }
  return {u128{0} - change.released, transfer.amount};
}

// The counters of one account of the change, right after it.
inline engine::Balances balances_of(const TransferChange& change, bool credit) {
  const ledger::TransferBalances& both = change.balances;
  if (credit) {
    return {both.credit_account_debits_pending, both.credit_account_debits_posted,
            both.credit_account_credits_pending, both.credit_account_credits_posted};
  }
  return {both.debit_account_debits_pending, both.debit_account_debits_posted,
          both.debit_account_credits_pending, both.debit_account_credits_posted};
}

inline void set_balances(TransferChange& change, bool credit, const engine::Balances& balances) {
  ledger::TransferBalances& both = change.balances;
  if (credit) {
    both.credit_account_debits_pending = balances[0];
    both.credit_account_debits_posted = balances[1];
    both.credit_account_credits_pending = balances[2];
    both.credit_account_credits_posted = balances[3];
  } else {
    both.debit_account_debits_pending = balances[0];
    both.debit_account_debits_posted = balances[1];
    both.debit_account_credits_pending = balances[2];
    both.debit_account_credits_posted = balances[3];
  }
}

// What `before` becomes by the change.
inline engine::Balances moved(engine::Balances before, const TransferChange& change, bool credit) {
  const Movement movement = movement_of(change);
  before[credit ? 2 : 0] += movement.pending;
  before[credit ? 3 : 1] += movement.posted;
  return before;
}

// The time of a change of an account: of a transfer its own, which an imported one brings with it;
// of an expiry that of its event.
inline u64 time_of(const TransferChange& change) {
  return change.kind == ledger::ChangeKind::HoldExpired ? change.decided
                                                        : change.transfer.timestamp;
}

// The hold or original that a change concerns beside its own transfer, or an expiry's own: 0 =
// none.
inline u128 concerned_by(const TransferChange& change) {
  if (change.kind == ledger::ChangeKind::HoldExpired) return change.transfer.id;
  const bool names = (change.transfer.flags & ledger::transfer_flags::kNamesEarlier) != 0;
  return names ? change.transfer.pending_id : 0;
}

inline bool is_reversal(const TransferChange& change) {
  return change.kind == ledger::ChangeKind::TransferCreated &&
         (change.transfer.flags & ledger::transfer_flags::kReversal) != 0;
}

// As a client sees the counters of one account of the change.
inline ledger::AccountBalance balance_of(const TransferChange& change, u128 account) {
  const engine::Balances balances =
      balances_of(change, change.transfer.credit_account_id == account);
  ledger::AccountBalance balance;
  balance.account_id = account;
  balance.debits_pending = balances[0];
  balance.debits_posted = balances[1];
  balance.credits_pending = balances[2];
  balance.credits_posted = balances[3];
  balance.transfer_id = change.transfer.id;
  balance.timestamp = time_of(change);
  balance.position = change.place.position;
  balance.index = change.place.index;
  balance.ledger = change.transfer.ledger;
  return balance;
}

}  // namespace florin::history
