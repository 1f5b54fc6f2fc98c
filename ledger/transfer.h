// The transfer object: 128 bytes, little endian, the same on the wire, in the log and in memory.
#pragma once

#include <cstddef>
#include <type_traits>

#include "base/types.h"

namespace florin::ledger {

namespace transfer_flags {
inline constexpr u16 kLinked = 1 << 0;
inline constexpr u16 kPending = 1 << 1;
inline constexpr u16 kPostPendingTransfer = 1 << 2;
inline constexpr u16 kVoidPendingTransfer = 1 << 3;
inline constexpr u16 kBalancingDebit = 1 << 4;
inline constexpr u16 kBalancingCredit = 1 << 5;
inline constexpr u16 kClosingDebit = 1 << 6;
inline constexpr u16 kClosingCredit = 1 << 7;
inline constexpr u16 kImported = 1 << 8;
inline constexpr u16 kCapturePartial = 1 << 9;
// Every flag that has a meaning. Any other bit is refused with `reserved_flag`.
inline constexpr u16 kDefined = 0x03ff;
// What this version acts on. Another defined flag is refused before the request is ordered.
inline constexpr u16 kBuilt = kLinked;
}  // namespace transfer_flags

struct alignas(16) Transfer {
  u128 id;  // Not 0, not 2^128-1; takes effect at most once, for ever.
  u128 debit_account_id;
  u128 credit_account_id;
  u128 amount;         // In the ledger's minor unit; 0 is allowed.
  u128 pending_id;     // The transfer that this one resolves, or 0.
  u128 user_data_128;  // The caller's own, as are the next two.
  u64 user_data_64;
  u32 user_data_32;
  u32 timeout;    // Seconds, for pending transfers.
  u32 ledger;     // That of both accounts.
  u16 code;       // Why it was made, not 0.
  u16 flags;      // transfer_flags
  u64 timestamp;  // Set by the engine; zero when sent.
};

static_assert(sizeof(Transfer) == 128 && alignof(Transfer) == 16);
static_assert(std::is_trivially_copyable_v<Transfer> && std::is_standard_layout_v<Transfer>);
static_assert(offsetof(Transfer, user_data_128) == 80 && offsetof(Transfer, timeout) == 108);
static_assert(offsetof(Transfer, flags) == 118 && offsetof(Transfer, timestamp) == 120);

}  // namespace florin::ledger
