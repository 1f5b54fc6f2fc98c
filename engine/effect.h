// What an owner has to book beside what the events of its accounts say themselves: the resolving of
// holds, whose accounts only the authoriser knows, and the changes of accounts.
#pragma once

#include <type_traits>

#include "base/types.h"

namespace florin::engine {

// Applied by the account's owner before the item, in the order in which the authoriser made them.
struct Effect {
  enum class Kind : u8 {
    Debit,   // debits_pending -= released, debits_posted += posted
    Credit,  // The same with credits.
    Update,  // The item is an update of the account.
  };

  u128 released = 0;
  u128 posted = 0;
  u32 item = 0;
  u32 account = 0;  // Slot.
  Kind kind = Kind::Debit;
  bool opens = false;  // The account is not closed any more.
};
static_assert(std::is_trivially_copyable_v<Effect>);

}  // namespace florin::engine
