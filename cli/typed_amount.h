// Amounts as people write and read them: in the currencies of ledgers that have names, in minor
// units of the others.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/operation.h"
#include "money/amount.h"

namespace florin::cli {

struct TypedAmount {
  u128 amount = 0;  // In the minor unit.
  u32 ledger = 0;   // The one with the currency that was named; 0 = none was.
};

// "1234", "0x4d2", "12.34EUR" or "12.34 EUR". The error says what was wrong.
Result<TypedAmount> parse_typed_amount(std::string_view text, const money::LedgerNames& names);

// "1,234.56 EUR", or "123,456" where the ledger has no name.
std::string money_text(u128 amount, u32 ledger, const money::LedgerNames& names);
std::string money_text(const ledger::WideSum& sum, u32 ledger, const money::LedgerNames& names);

}  // namespace florin::cli
