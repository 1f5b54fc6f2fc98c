// Comparing what two ledgers answered.
#pragma once

#include <string>

#include "ledger/request.h"

namespace florin::test {

// What differs between two answers to the same request, or nothing when they are equal. Of answers
// that refuse the request as a whole only the refusal's code is compared.
std::string difference(const ledger::Request& expected, const ledger::Request& actual);

}  // namespace florin::test
