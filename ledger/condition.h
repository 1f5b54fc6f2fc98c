// A condition of a transfer: a bound on the available balance of one of its accounts right after
// it. Conditions travel in a vector beside the transfers of their request.
#pragma once

#include <type_traits>

#include "base/types.h"

namespace florin::ledger {

// The available balance of an account, signed: what it has beyond what it owes and holds. For an
// account flagged `credits_must_not_exceed_debits` (one of debit nature, such as cash):
// debits_posted - credits_posted - credits_pending; for every other: credits_posted - debits_posted
// - debits_pending. An overdraft limit is not part of it.
struct Condition {
  enum class Side : u16 { Debit = 1, Credit = 2 };
  static constexpr u16 kAtLeast = 1 << 0;  // `minimum` applies.
  static constexpr u16 kAtMost = 1 << 1;   // `maximum` applies.

  u128 minimum = 0;  // Signed, in two's complement, as is the next.
  u128 maximum = 0;
  u32 index = 0;     // Of the transfer in the request.
  u16 side = 0;      // Side: which of the transfer's accounts.
  u16 bounds = 0;    // kAtLeast, kAtMost or both.
  u64 reserved = 0;  // Zero.
};

static_assert(sizeof(Condition) == 48 && std::is_trivially_copyable_v<Condition>);

// At most two conditions for each transfer: one for each account.
inline constexpr u32 kConditionsPerTransferMax = 2;

}  // namespace florin::ledger
