// The answers of requests for the past: changes of the ledger one after the other, and balances of
// accounts as they were.
#pragma once

#include <string_view>
#include <type_traits>

#include "base/types.h"

namespace florin::ledger {

// Numbers travel on the wire and in history: stable. As a filter: bit 1 << kind.
enum class ChangeKind : u8 {
  AccountCreated = 1,
  AccountUpdated = 2,
  TransferCreated = 3,
  HoldExpired = 4,
  TransferRefused = 5,  // Moves nothing; told only to those who ask for it.
};

// As users write it: "account_created", ...; empty for a number that is no kind.
constexpr std::string_view name(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::AccountCreated: return "account_created";
    case ChangeKind::AccountUpdated: return "account_updated";
    case ChangeKind::TransferCreated: return "transfer_created";
    case ChangeKind::HoldExpired: return "hold_expired";
    case ChangeKind::TransferRefused: return "transfer_refused";
  }
  return "";
}

// As filters: all of them, and what is told to those who name none.
inline constexpr u8 kChangeKindsDefined = 0x3e;
inline constexpr u8 kChangeKindsUsual = 0x1e;

// Whether a filter takes changes of this kind.
constexpr bool wants_kind(u8 kinds, ChangeKind kind) {
  return ((kinds == 0 ? kChangeKindsUsual : kinds) >> static_cast<u8>(kind) & 1) != 0;
}

// One change; its object stands in the list of its kind in the answer: accounts, account changes,
// or transfers, the latter with the balances of both accounts right after the change. A transfer
// that was refused stands there as it was asked for, and its balances are zeros.
struct ChangeEvent {
  u128 released = 0;   // What left the pending counters of both accounts: by a post, void, expiry.
  u128 remaining = 0;  // Still on the hold concerned after it: the own one, or that of pending_id.
  u64 position = 0;    // Of the logged event.
  u64 timestamp = 0;   // Of the logged event; nanoseconds.
  u32 index = 0;       // Among the changes of the position.
  u32 object = 0;      // Index in the list of its kind.
  u8 kind = 0;         // ChangeKind
  u8 pending_status = 0;  // What became of the hold concerned: PendingStatus.
  u8 outcome = 0;         // Of a refused transfer: TransferOutcome.
  u8 reserved[5] = {};
};
static_assert(sizeof(ChangeEvent) == 64 && std::is_trivially_copyable_v<ChangeEvent>);

// The counters of an account after a change of it, or at a time.
struct AccountBalance {
  u128 account_id = 0;  // 0: no such account at that time.
  u128 debits_pending = 0;
  u128 debits_posted = 0;
  u128 credits_pending = 0;
  u128 credits_posted = 0;
  u128 transfer_id = 0;  // The transfer that made it so, or hold that expired; 0 = none yet.
  u64 timestamp = 0;     // Of that change: of a transfer its own, of an expiry that of its event.
  u64 position = 0;      // Of that change, as is the index: its place.
  u32 index = 0;
  u32 ledger = 0;  // Of the account.
  u64 reserved = 0;
};
static_assert(sizeof(AccountBalance) == 128 && std::is_trivially_copyable_v<AccountBalance>);

}  // namespace florin::ledger
