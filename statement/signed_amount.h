// Balances as a customer sees them.
#pragma once

#include <string>

#include "money/amount.h"
#include "statement/statement.h"

namespace florin::statement {

// What is left of credits after debits.
inline Signed balance_of_sides(u128 credits, u128 debits) {
  return credits >= debits ? Signed{credits - debits, false} : Signed{debits - credits, true};
}

// "-12.34".
inline std::string signed_text(const Signed& amount, u32 decimals) {
  std::string text = money::format_amount(amount.magnitude, decimals);
  if (amount.negative) text.insert(0, 1, '-');
  return text;
}

}  // namespace florin::statement
