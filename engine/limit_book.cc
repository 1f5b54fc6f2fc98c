#include "engine/limit_book.h"

#include "base/check.h"
#include "base/prefetch.h"
#include "engine/planted.h"

namespace florin::engine {

using ledger::AccountLimits;
using ledger::AccountUpdate;
namespace changes = ledger::account_changes;

namespace {

const AccountLimitState kNoLimits;

// One limit of one value: its bits in an update, in what is set, and its value when it is not set.
struct Single {
  u32 set_change;
  u32 clear_change;
  u32 bit;
  u128 AccountUpdate::*given;
  u128 AccountLimitState::*kept;
};

constexpr Single kSingles[] = {
    {changes::kSetOverdraftLimit, changes::kClearOverdraftLimit, AccountLimits::kOverdraft,
     &AccountUpdate::overdraft_limit, &AccountLimitState::overdraft},
    {changes::kSetBalanceLimit, changes::kClearBalanceLimit, AccountLimits::kBalance,
     &AccountUpdate::balance_limit, &AccountLimitState::balance},
    {changes::kSetTransferLimit, changes::kClearTransferLimit, AccountLimits::kTransfer,
     &AccountUpdate::transfer_limit, &AccountLimitState::transfer},
};

}  // namespace

bool changes_limits(const AccountUpdate& update) {
  return update.changes >= changes::kSetOverdraftLimit;
}

const AccountLimitState& LimitBook::of_any(u32 account) const {
  const bool limited = (tables_.account_states[account].status & AccountState::kLimited) != 0;
  return limited ? of(account) : kNoLimits;
}

bool LimitBook::has_velocity(u32 account) const {
  return (of_any(account).set & AccountLimits::kVelocity) != 0;
}

void LimitBook::prefetch_limits(u32 account) const {
  const u32 number = tables_.account_limits[account];
  if (number == 0) return;
  prefetch_object(limits_[number - 1]);
}

void LimitBook::prefetch_window(u32 account) const {
  const u32 number = tables_.account_limits[account];
  if (number != 0 && limits_[number - 1].velocity != 0) {
    prefetch_line(&windows_[limits_[number - 1].velocity - 1]);
  }
}

AccountLimitState& LimitBook::take(u32 account) {
  u32& number = tables_.account_limits[account];
  if (number == 0) {
    number = limits_.add() + 1;
    limits_[number - 1].account = account;
  }
  return limits_[number - 1];
}

void LimitBook::update(u32 account, const AccountUpdate& update, u64 timestamp) {
  constexpr u32 kSets = changes::kSetOverdraftLimit | changes::kSetBalanceLimit |
                        changes::kSetTransferLimit | changes::kSetVelocityLimit;
  if (tables_.account_limits[account] == 0 && (update.changes & kSets) == 0) return;
  AccountLimitState& limits = take(account);
  const auto clear = [&](u32 bit) {
    if ((limits.set & bit) == 0) return;  // Changes nothing.
    limits.set &= ~bit;
    limits.timestamp = timestamp;
  };
  const auto set = [&](u32 bit) {
    limits.set |= bit;
    limits.timestamp = timestamp;
  };
  for (const Single& single : kSingles) {
    if ((update.changes & single.set_change) != 0) {
      limits.*single.kept = update.*single.given;
      set(single.bit);
    }
    if ((update.changes & single.clear_change) != 0) {
      limits.*single.kept = kNoLimits.*single.kept;
      clear(single.bit);
    }
  }
  if ((update.changes & changes::kSetVelocityLimit) != 0) {
    set_velocity(limits, update, timestamp);
    set(AccountLimits::kVelocity);
  }
  if ((update.changes & changes::kClearVelocityLimit) != 0) {
    limits.velocity_sum = kNoLimits.velocity_sum;
    limits.velocity_count = kNoLimits.velocity_count;
    clear(AccountLimits::kVelocity);
  }
  follow_status(account);
}

void LimitBook::set_velocity(AccountLimitState& limits, const AccountUpdate& update,
                             u64 timestamp) {
  const bool counting = (limits.set & AccountLimits::kVelocity) != 0;
  if (limits.velocity == 0) {
    limits.velocity = windows_.add() + 1;
  }
  VelocityWindow& window = windows_[limits.velocity - 1];
  const bool other =
      (window.window_seconds() != update.velocity_window || planted(Defect::VelocityForgotten)) &&
      !planted(Defect::VelocityKept);
  if (!counting || other) {
    window = VelocityWindow(update.velocity_window, timestamp);
  }
  limits.velocity_sum = update.velocity_sum_limit;
  limits.velocity_count = update.velocity_count_limit;
}

void LimitBook::load(u32 account, const AccountLimitState& limits) {
  AccountLimitState& stored = take(account);
  stored = limits;
  stored.account = account;
  if (limits.velocity != 0) stored.velocity = windows_.add() + 1;
  follow_status(account);
}

void LimitBook::follow_status(u32 account) {
  u16& status = tables_.account_states[account].status;
  if (of(account).set != 0) {
    status |= AccountState::kLimited;
  } else {
    status &= static_cast<u16>(~AccountState::kLimited);
  }
}

LimitBook::Before LimitBook::before(u32 account) const {
  Before before;
  before.account = account;
  before.had_limits = tables_.account_limits[account] != 0;
  if (!before.had_limits) return before;
  before.limits = of(account);
  if (before.limits.velocity != 0) before.window = velocity(account);
  return before;
}

// What was made since is the newest there is: changes are undone newest first.
void LimitBook::restore(const Before& before) {
  u32& number = tables_.account_limits[before.account];
  if (number == 0) return;
  const u32 velocity = limits_[number - 1].velocity;
  if (before.limits.velocity != 0) windows_[velocity - 1] = before.window;
  if (before.limits.velocity == 0 && velocity != 0) {
    CHECK(velocity == windows_.size());
    windows_.remove_newest();
  }
  limits_[number - 1] = before.limits;
  follow_status(before.account);
  if (before.had_limits) return;
  CHECK(number == limits_.size());
  limits_.remove_newest();
  number = 0;
}

AccountLimits LimitBook::describe(u32 account, u64 now) const {
  AccountLimits result;
  if (tables_.account_limits[account] == 0) return result;
  const AccountLimitState& limits = of(account);
  result.set = limits.set;
  result.timestamp = limits.timestamp;
  if ((limits.set & AccountLimits::kOverdraft) != 0) result.overdraft_limit = limits.overdraft;
  if ((limits.set & AccountLimits::kBalance) != 0) result.balance_limit = limits.balance;
  if ((limits.set & AccountLimits::kTransfer) != 0) result.transfer_limit = limits.transfer;
  if ((limits.set & AccountLimits::kVelocity) != 0) {
    const VelocityWindow& window = velocity(account);
    const VelocityWindow::Use used = window.used(now);
    result.velocity_sum_limit = limits.velocity_sum;
    result.velocity_count_limit = limits.velocity_count;
    result.velocity_window = window.window_seconds();
    result.velocity_sum_used = used.sum;
    result.velocity_count_used = used.count;
  }
  return result;
}

}  // namespace florin::engine
