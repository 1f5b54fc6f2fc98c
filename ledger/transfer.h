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
inline constexpr u16 kCapturePartial = 1 << 9;  // With post: the rest stays on hold.
inline constexpr u16 kReversal = 1 << 10;       // The opposite of the transfer `pending_id`.
// Every flag that has a meaning. Any other bit is refused with `reserved_flag`.
inline constexpr u16 kDefined = 0x07ff;

// Events that resolve a hold; the accounts, the ledger and the code are those of the hold.
inline constexpr u16 kResolves = kPostPendingTransfer | kVoidPendingTransfer;
// Events that name an earlier transfer in `pending_id`.
inline constexpr u16 kNamesEarlier = kResolves | kReversal;
inline constexpr u16 kBalancing = kBalancingDebit | kBalancingCredit;
inline constexpr u16 kClosing = kClosingDebit | kClosingCredit;
}  // namespace transfer_flags

struct alignas(16) Transfer {
  u128 id;  // Not 0, not 2^128-1; takes effect at most once, for ever.
  u128 debit_account_id;
  u128 credit_account_id;
  u128 amount;         // In the ledger's minor unit; 0 is allowed.
  u128 pending_id;     // The transfer that this one resolves or reverses, or 0.
  u128 user_data_128;  // The caller's own, as are the next two.
  u64 user_data_64;
  u32 user_data_32;
  u32 timeout;    // Seconds, for pending transfers.
  u32 ledger;     // That of both accounts.
  u16 code;       // Why it was made, not 0.
  u16 flags;      // transfer_flags
  u64 timestamp;  // Set by the engine; zero when sent, but for an imported transfer.
};

// As the amount of a post or a reversal: all of it. As that of a balancing transfer: as much as
// there is.
inline constexpr u128 kAmountMax = ~u128{0};

// What became of a hold.
enum class PendingStatus : u8 { None = 0, Pending = 1, Posted = 2, Voided = 3, Expired = 4 };

// What a look-up tells of a transfer id beside the transfer, which itself never changes.
struct TransferStatus {
  u128 remaining = 0;     // Still on hold.
  u64 expires_at = 0;     // When the hold expires, 0 = never or closed. Nanoseconds.
  u8 outcome = 0;         // TransferOutcome that the id was decided with, 0 = never.
  u8 pending_status = 0;  // PendingStatus
  u8 reversed = 0;        // 1 when another transfer reversed it.
  u8 reserved[5] = {};
};

static_assert(sizeof(TransferStatus) == 32 && std::is_trivially_copyable_v<TransferStatus>);

// The counters of both accounts right after a transfer: what a reply carries on request. All zero
// for an event that was not created.
struct TransferBalances {
  u128 debit_account_debits_pending = 0;
  u128 debit_account_debits_posted = 0;
  u128 debit_account_credits_pending = 0;
  u128 debit_account_credits_posted = 0;
  u128 credit_account_debits_pending = 0;
  u128 credit_account_debits_posted = 0;
  u128 credit_account_credits_pending = 0;
  u128 credit_account_credits_posted = 0;
};

static_assert(sizeof(TransferBalances) == 128 && std::is_trivially_copyable_v<TransferBalances>);

static_assert(sizeof(Transfer) == 128 && alignof(Transfer) == 16);
static_assert(std::is_trivially_copyable_v<Transfer> && std::is_standard_layout_v<Transfer>);
static_assert(offsetof(Transfer, user_data_128) == 80 && offsetof(Transfer, timeout) == 108);
static_assert(offsetof(Transfer, flags) == 118 && offsetof(Transfer, timestamp) == 120);

}  // namespace florin::ledger
