// The limits of the accounts that have any: what update_accounts sets, and what is used of them.
#pragma once

#include "engine/chunked_store.h"
#include "engine/tables.h"
#include "engine/velocity_window.h"
#include "ledger/account_update.h"

namespace florin::engine {

// The limits of one account. A limit that is not set has the value that refuses nothing.
struct alignas(64) AccountLimitState {
  u128 overdraft = 0;
  u128 balance = kU128Max;
  u128 transfer = kU128Max;
  u128 velocity_sum = kU128Max;
  u32 velocity_count = 0xffffffff;
  u32 set = 0;        // ledger::AccountLimits bits
  u64 timestamp = 0;  // Of the last update that set or cleared one.
  u32 velocity = 0;   // Number of its window plus one; 0 = it never had a velocity limit.
  u32 account = 0;    // Slot.
};

// Belongs to the authorising thread. Memory is taken when an account gets its first limit (128
// bytes), and its first velocity limit (1.4 KB), and is kept when they are cleared.
class LimitBook {
 public:
  explicit LimitBook(Tables& tables) : tables_(tables) {}

  // Of an account that has the status kLimited.
  const AccountLimitState& of(u32 account) const {
    return limits_[tables_.account_limits[account] - 1];
  }
  // The limits, or those that refuse nothing.
  const AccountLimitState& of_any(u32 account) const;
  bool has_velocity(u32 account) const;
  // Whether any account ever had a limit.
  bool any() const { return limits_.size() != 0; }
  // Fetches into the cache what will be looked at, in two steps some time apart.
  void prefetch_limits(u32 account) const;
  void prefetch_window(u32 account) const;
  VelocityWindow& velocity(u32 account) { return windows_[of(account).velocity - 1]; }
  const VelocityWindow& velocity(u32 account) const { return windows_[of(account).velocity - 1]; }

  // Applies what the update says about limits, and the account's status kLimited.
  void update(u32 account, const ledger::AccountUpdate& update, u64 timestamp);

  // By number: limits, and the window that limits name in `velocity`.
  u32 count() const { return limits_.size(); }
  u32 window_count() const { return windows_.size(); }
  const AccountLimitState& at(u32 number) const { return limits_[number]; }
  const VelocityWindow& window(u32 velocity) const { return windows_[velocity - 1]; }
  // Gives limits to an account that never had any, and a window of them if `velocity` is not 0.
  void load(u32 account, const AccountLimitState& limits);

  // What an account's limits were, for undoing an update.
  struct Before {
    u32 account = 0;
    bool had_limits = false;
    AccountLimitState limits;
    VelocityWindow window;
  };
  Before before(u32 account) const;
  void restore(const Before& before);

  // As a look-up tells it; `now` is the last logged time. Not the account's id.
  ledger::AccountLimits describe(u32 account, u64 now) const;

 private:
  AccountLimitState& take(u32 account);
  void set_velocity(AccountLimitState& limits, const ledger::AccountUpdate& update, u64 timestamp);
  void follow_status(u32 account);

  Tables& tables_;
  ChunkedStore<AccountLimitState, 256> limits_;
  ChunkedStore<VelocityWindow, 64> windows_;
};

// Whether an update changes any limit.
bool changes_limits(const ledger::AccountUpdate& update);

}  // namespace florin::engine
