// Comparing what two ledgers answered.
#pragma once

#include <string>

#include "ledger/request.h"

namespace florin::test {

// What differs between two answers to the same request, or nothing when they are equal.
std::string difference(const ledger::Request& expected, const ledger::Request& actual);

}  // namespace florin::test
