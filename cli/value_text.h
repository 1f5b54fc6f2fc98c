// Values as people read them: sums wider than 128 bits in decimal, digits in groups of three, times
// of day.
#pragma once

#include <string>
#include <string_view>

#include "base/types.h"
#include "ledger/operation.h"

namespace florin::cli {

std::string to_decimal(const ledger::WideSum& sum);

// "1234567" becomes "1,234,567". The digits must be a decimal number without a sign.
std::string with_thousands(std::string_view digits);
std::string with_thousands(u128 value);

// "2024-11-21 03:00:00.000000001", in UTC.
std::string time_text(Timestamp timestamp);

}  // namespace florin::cli
