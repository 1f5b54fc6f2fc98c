// What the records of a cut are, by CutKind: part of the stored format, little endian. Objects are
// named by their ids, never by slots. docs/snapshot-format.md tells the same to people.
#pragma once

#include <array>
#include <type_traits>

#include "base/types.h"
#include "engine/cut_buffer.h"
#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/transfer.h"

namespace florin::engine {

inline constexpr usize kCutKinds = 16;  // Places for numbers by CutKind; 0 is never used.
using CutCounts = std::array<u64, kCutKinds>;

// Accounts: as look-ups show them, but that `reserved` holds the flags given at their creation.
using CutAccount = ledger::Account;

// Transfers: as look-ups show them, but for one more flag. The number of a record, counted from
// the buffer's `first_number`, is that of its creation, which cursors of queries use. Those that
// have left memory are not in the cut; KeptTransfers are older ones that have not left: open holds,
// and what was changed, or asked for again, a short while before the cut.
using CutTransfer = ledger::Transfer;
inline constexpr u16 kCutTookAll = 1 << 15;  // A post that took all that was left of its hold.
static_assert((ledger::transfer_flags::kDefined & kCutTookAll) == 0);

// FailedIds, in the order of their consumption; KeptIds, in none.
struct alignas(16) CutFailedId {
  u128 id;
  u8 outcome;  // TransferOutcome
  u8 zeros[15];
};
static_assert(sizeof(CutFailedId) == 32);

// Marks, of transfers that are not pending any more, or reversed.
struct alignas(16) CutMark {
  u128 transfer_id;
  u8 pending_status;  // PendingStatus: None, Posted, Voided, Expired
  u8 reversed;
  u8 zeros[14];
};
static_assert(sizeof(CutMark) == 32);

// Holds that are open. What else there is of one follows from its transfer.
struct alignas(16) CutHold {
  u128 transfer_id;
  u128 remaining;
  u64 timestamp;  // When it was decided; its timeout counts from there.
  u8 charged;     // To a velocity limit of the debit account.
  u8 captured;    // More than 0 was posted from it.
  u8 zeros[6];
};
static_assert(sizeof(CutHold) == 48);

// Limits, of accounts that ever had any.
struct alignas(16) CutLimit {
  u128 account_id;
  u128 overdraft;  // Each what refuses nothing where it is not set.
  u128 balance;
  u128 transfer;
  u128 velocity_sum;
  u32 velocity_count;
  u32 set;        // ledger::AccountLimits bits
  u64 timestamp;  // Of the last update that set or cleared one.
  u8 has_window;  // One of the VelocityWindows is its.
  u8 zeros[15];
};
static_assert(sizeof(CutLimit) == 112);

// VelocityWindows: bucket n, which begins at n * window / 64, stands at the place n modulo 64;
// those that end with `newest` count.
struct alignas(16) CutWindow {
  u128 account_id;
  u64 since;  // Nanoseconds: what was charged before does not count.
  u64 newest;
  u32 window_seconds;
  u32 zeros[3];
  u128 sums[ledger::kVelocityBuckets];
  u32 counts[ledger::kVelocityBuckets];
};
static_assert(sizeof(CutWindow) == 1328);

// AccountChanges, in order: ledger::AccountChange.

// UpdateIds, in the order of their consumption.
struct alignas(16) CutUpdateId {
  u128 id;
  u8 outcome;  // UpdateOutcome
  u8 zeros[15];
};
static_assert(sizeof(CutUpdateId) == 32);

// Creations: what an account had before its user data was first changed.
struct alignas(16) CutCreation {
  u128 account_id;
  u128 user_data_128;
  u64 user_data_64;
  u32 user_data_32;
  u32 ledger;
  u16 code;
  u16 flags;
  u8 zeros[12];
};
static_assert(sizeof(CutCreation) == 64);

// Counters.
struct alignas(16) CutCounters {
  u64 records[kCutKinds];      // By kind; 0 of what nobody counts: marks, and kept ones.
  u64 last_account_timestamp;  // The largest stored, as is the next.
  u64 last_transfer_timestamp;
  u64 last_time;         // When the last logged event was decided.
  u64 first_created;     // Numbers of the first of Transfers ...
  u64 first_consumed;    // ... and of FailedIds: as many were decided before.
  u64 kept;              // Of these, those that are in the cut all the same.
  u64 retired_position;  // The others left memory, the last change of each was made up to here ...
  u64 zero;
  u128 retired_digest;  // ... and these are the digests of all of them, added up.
};
static_assert(sizeof(CutCounters) == 208);

// What is known of a cut before its records are read.
struct CutSummary {
  CutCounts records{};    // By kind.
  u64 first_created = 0;  // As in CutCounters, as is the next.
  u64 first_consumed = 0;
};

template <class... Records>
inline constexpr bool kAllStorable = (std::has_unique_object_representations_v<Records> && ...) &&
                                     (std::is_trivially_copyable_v<Records> && ...);
static_assert(
    kAllStorable<CutAccount, CutTransfer, CutFailedId, CutMark, CutHold, CutLimit, CutWindow,
                 CutUpdateId, CutCreation, CutCounters, ledger::AccountChange>);

// Bytes of one record, 0 for a kind that there is not.
constexpr u64 cut_record_bytes(CutKind kind) {
  switch (kind) {
    case CutKind::Accounts: return sizeof(CutAccount);
    case CutKind::Transfers: return sizeof(CutTransfer);
    case CutKind::FailedIds: return sizeof(CutFailedId);
    case CutKind::Marks: return sizeof(CutMark);
    case CutKind::Holds: return sizeof(CutHold);
    case CutKind::Limits: return sizeof(CutLimit);
    case CutKind::VelocityWindows: return sizeof(CutWindow);
    case CutKind::AccountChanges: return sizeof(ledger::AccountChange);
    case CutKind::UpdateIds: return sizeof(CutUpdateId);
    case CutKind::Creations: return sizeof(CutCreation);
    case CutKind::Counters: return sizeof(CutCounters);
    case CutKind::KeptTransfers: return sizeof(CutTransfer);
    case CutKind::KeptIds: return sizeof(CutFailedId);
  }
  return 0;
}

}  // namespace florin::engine
