// What shows only in numbers: hundreds of holds that are open at once, and more refusals than the
// ledger has room for objects. Each function puts them to the reference and to engines, and returns
// what differs first, or nothing.
#pragma once

#include <string>

#include "base/types.h"

namespace florin::test {

// Holds are resolved and expire in another order than they came, step by step over every deadline.
std::string expire_many_holds(u64 seed);

// Accounts and transfers that are refused and consume nothing, many times what the ledger holds:
// the engine ends if it does not use their room again.
std::string refuse_many_events(u64 seed);

}  // namespace florin::test
