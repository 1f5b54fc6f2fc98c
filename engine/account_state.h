// What the authoriser knows of an account: whose it is, exact counters, and what decides about
// them, one cache line.
#pragma once

#include <array>

#include "base/types.h"
#include "ledger/account.h"

namespace florin::engine {

// In the order of the counters in an account.
enum class Counter : u8 { DebitsPending, DebitsPosted, CreditsPending, CreditsPosted };

using Balances = std::array<u128, 4>;  // By Counter.

// Counters of up to 80 bits stand in the line itself: 1.2e24 minor units, a million Ether in wei.
// An account that needs more is `wide`: its counters are kept aside by the authoriser.
struct alignas(64) AccountState {
  static constexpr u16 kExists = 1 << 0;
  static constexpr u16 kWide = 1 << 1;
  static constexpr u16 kClosed = 1 << 2;
  static constexpr u16 kFrozenDebits = 1 << 3;
  static constexpr u16 kFrozenCredits = 1 << 4;
  static constexpr u16 kLimited = 1 << 5;  // The limit book has limits for it.
  static constexpr u16 kChanged = 1 << 6;  // Its user data may be other than at its creation.
  // What the short way of a plain transfer does not know.
  static constexpr u16 kUnusual = kClosed | kFrozenDebits | kFrozenCredits | kLimited;

  u128 id;     // 0 = of nobody.
  u64 low[4];  // By Counter.
  u16 high[4];
  u32 ledger;
  u16 flags;   // ledger::account_flags, as they were given at its creation.
  u16 status;  // kExists and the following.

  // Of an account created with these flags.
  static u16 status_of(u16 account_flags) {
    u16 status = kExists;
    if ((account_flags & ledger::account_flags::kClosed) != 0) status |= kClosed;
    if ((account_flags & ledger::account_flags::kFrozenDebits) != 0) status |= kFrozenDebits;
    if ((account_flags & ledger::account_flags::kFrozenCredits) != 0) status |= kFrozenCredits;
    return status;
  }

  bool exists() const { return (status & kExists) != 0; }
  u128 narrow(Counter counter) const {
    const auto index = static_cast<usize>(counter);
    return make_u128(high[index], low[index]);
  }
  void set_narrow(Counter counter, u128 value) {
    const auto index = static_cast<usize>(counter);
    low[index] = low_half(value);
    high[index] = static_cast<u16>(high_half(value));
  }
};

static_assert(sizeof(AccountState) == 64);

inline constexpr u128 kNarrowMax = make_u128(0xffff, ~u64{0});

}  // namespace florin::engine
