// The account object: 128 bytes, little endian, the same on the wire, in the log and in memory.
#pragma once

#include <cstddef>
#include <type_traits>

#include "base/types.h"

namespace florin::ledger {

namespace account_flags {
inline constexpr u16 kLinked = 1 << 0;
inline constexpr u16 kDebitsMustNotExceedCredits = 1 << 1;
inline constexpr u16 kCreditsMustNotExceedDebits = 1 << 2;
inline constexpr u16 kHistory = 1 << 3;
inline constexpr u16 kImported = 1 << 4;
inline constexpr u16 kClosed = 1 << 5;
inline constexpr u16 kFrozenDebits = 1 << 6;
inline constexpr u16 kFrozenCredits = 1 << 7;
// Every flag that has a meaning. Any other bit is refused with `reserved_flag`.
inline constexpr u16 kDefined = 0x00ff;
}  // namespace account_flags

// Amounts are in the minor unit of the account's ledger.
struct alignas(16) Account {
  u128 id;              // Not 0, not 2^128-1; unique among accounts.
  u128 debits_pending;  // Zero at creation, as are the next three.
  u128 debits_posted;
  u128 credits_pending;
  u128 credits_posted;
  u128 user_data_128;  // The caller's own, as are the next two.
  u64 user_data_64;
  u32 user_data_32;
  u32 reserved;   // Zero.
  u32 ledger;     // Currency or asset, not 0; accounts transact only within one ledger.
  u16 code;       // Type in the chart of accounts, not 0.
  u16 flags;      // account_flags
  u64 timestamp;  // Set by the engine; zero when sent, but for an imported account.
};

static_assert(sizeof(Account) == 128 && alignof(Account) == 16);
static_assert(std::is_trivially_copyable_v<Account> && std::is_standard_layout_v<Account>);
static_assert(offsetof(Account, user_data_128) == 80 && offsetof(Account, ledger) == 112);
static_assert(offsetof(Account, flags) == 118 && offsetof(Account, timestamp) == 120);

}  // namespace florin::ledger
