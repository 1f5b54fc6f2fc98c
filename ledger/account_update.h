// Changes of an account after its creation: freezing, user data, limits; and what is kept of them.
#pragma once

#include <cstddef>
#include <type_traits>

#include "base/types.h"

namespace florin::ledger {

// What an update changes; every bit is on its own.
namespace account_changes {
inline constexpr u32 kFreezeDebits = 1 << 0;
inline constexpr u32 kUnfreezeDebits = 1 << 1;
inline constexpr u32 kFreezeCredits = 1 << 2;
inline constexpr u32 kUnfreezeCredits = 1 << 3;
inline constexpr u32 kSetUserData128 = 1 << 4;
inline constexpr u32 kSetUserData64 = 1 << 5;
inline constexpr u32 kSetUserData32 = 1 << 6;
inline constexpr u32 kSetOverdraftLimit = 1 << 7;
inline constexpr u32 kClearOverdraftLimit = 1 << 8;
inline constexpr u32 kSetBalanceLimit = 1 << 9;
inline constexpr u32 kClearBalanceLimit = 1 << 10;
inline constexpr u32 kSetTransferLimit = 1 << 11;
inline constexpr u32 kClearTransferLimit = 1 << 12;
inline constexpr u32 kSetVelocityLimit = 1 << 13;
inline constexpr u32 kClearVelocityLimit = 1 << 14;
inline constexpr u32 kDefined = 0x7fff;
}  // namespace account_changes

// The window of a velocity limit, in seconds: from one minute to 30 days. It is divided into
// buckets of equal length, aligned to logged time: bucket n begins at n * window / 64.
inline constexpr u32 kVelocityWindowMin = 60;
inline constexpr u32 kVelocityWindowMax = 30 * 24 * 60 * 60;
inline constexpr u32 kVelocityBuckets = 64;

inline constexpr u32 kReasonBytesMax = 104;

// An event of update_accounts: 256 bytes, little endian, the same on the wire and in the log.
// Fields whose change is not named must be zero. Amounts are in the minor unit of the ledger.
struct alignas(16) AccountUpdate {
  static constexpr u16 kLinked = 1 << 0;  // The only flag.

  u128 id;  // Of the update, not 0, not 2^128-1; takes effect at most once, for ever.
  u128 account_id;
  u128 user_data_128;
  u128 overdraft_limit;     // How far the account may go below zero where its flags forbid it to.
  u128 balance_limit;       // The most that the account may hold.
  u128 transfer_limit;      // The largest single debit.
  u128 velocity_sum_limit;  // The most debited within the window; 2^128-1 = any sum.
  u64 user_data_64;
  u32 user_data_32;
  u32 changes;                   // account_changes
  u32 velocity_window;           // Seconds.
  u32 velocity_count_limit;      // The most debits within the window; 2^32-1 = any number.
  u16 flags;                     // kLinked
  u16 reason_length;             // Bytes of the reason, at least 1.
  u32 reserved;                  // Zero.
  char reason[kReasonBytesMax];  // Why, for the auditor; zeros behind its length.
  u64 timestamp;                 // Set by the engine; zero when sent.
};

static_assert(sizeof(AccountUpdate) == 256 && alignof(AccountUpdate) == 16);
static_assert(std::is_trivially_copyable_v<AccountUpdate>);
static_assert(offsetof(AccountUpdate, changes) == 124 && offsetof(AccountUpdate, reason) == 144);
static_assert(offsetof(AccountUpdate, timestamp) == 248);

// One line of the audit of accounts: an update that was made, and by whom.
struct alignas(16) AccountChange {
  AccountUpdate update;  // With its timestamp.
  u128 trace_id;         // Of its request.
  u64 principal;         // Who asked; 0 = not authenticated.
  u64 reserved;
};

static_assert(sizeof(AccountChange) == 288 && std::is_trivially_copyable_v<AccountChange>);

// The limits of an account as they are now, and how much of them is used.
struct alignas(16) AccountLimits {
  static constexpr u32 kOverdraft = 1 << 0;
  static constexpr u32 kBalance = 1 << 1;
  static constexpr u32 kTransfer = 1 << 2;
  static constexpr u32 kVelocity = 1 << 3;

  u128 account_id = 0;  // 0 = no such account.
  u128 overdraft_limit = 0;
  u128 balance_limit = 0;
  u128 transfer_limit = 0;
  u128 velocity_sum_limit = 0;
  u128 velocity_sum_used = 0;  // Debited within the window that ends with the last logged time.
  u32 velocity_window = 0;     // Seconds.
  u32 velocity_count_limit = 0;
  u32 velocity_count_used = 0;
  u32 set = 0;        // Which limits there are; the fields of the others are zero.
  u64 timestamp = 0;  // Of the last update that set or cleared a limit, 0 = never.
  u64 reserved = 0;
};

static_assert(sizeof(AccountLimits) == 128 && std::is_trivially_copyable_v<AccountLimits>);

}  // namespace florin::ledger
