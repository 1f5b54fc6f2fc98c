// The active currencies and funds codes of ISO 4217 that have a minor unit: without metals, testing
// codes and other units of account, which have none.
#pragma once

#include <span>
#include <string_view>

#include "base/types.h"

namespace florin::money {

struct Currency {
  std::string_view code;  // Three capital letters, such as "EUR".
  u16 number;             // Such as 978.
  u8 decimals;            // Of the minor unit: 0, 2, 3 or 4.
};

// All of them, by code.
std::span<const Currency> currencies();

// Null when no currency has the code (in capital letters) or the number.
const Currency* find_currency(std::string_view code);
const Currency* find_currency(u32 number);

}  // namespace florin::money
