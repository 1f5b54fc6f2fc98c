#include "cli/typed_amount.h"

#include <algorithm>
#include <cctype>

#include <fmt/core.h>

#include "base/int128.h"
#include "cli/value_text.h"

namespace florin::cli {

namespace {

bool is_letter(char byte) { return std::isalpha(static_cast<unsigned char>(byte)) != 0; }

// `digits` of minor units.
std::string money_of(std::string digits, u32 ledger, const money::LedgerNames& names) {
  const money::LedgerName* known = names.find(ledger);
  if (known == nullptr) return with_thousands(digits);
  const usize decimals = known->decimals;
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  const std::string_view all = digits;
  const std::string_view fraction = all.substr(all.size() - decimals);
  return fmt::format("{}{}{} {}", with_thousands(all.substr(0, all.size() - decimals)),
                     decimals == 0 ? "" : ".", fraction, known->name);
}

}  // namespace

Result<TypedAmount> parse_typed_amount(std::string_view text, const money::LedgerNames& names) {
  if (const auto plain = parse_u128(text)) return TypedAmount{.amount = *plain, .ledger = 0};
  if (!std::any_of(text.begin(), text.end(), is_letter)) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("'{}' is not an amount: expected a whole number of minor units, below "
                            "2^128, or an amount with its currency, such as 12.34EUR",
                            text));
  }
  const auto named = names.parse(text);
  if (named) return TypedAmount{.amount = named->amount, .ledger = named->ledger};
  const char* hint = names.all().empty() ? " (name ledgers with --ledger, such as 978=EUR)" : "";
  return fail(ErrorCode::InvalidArgument, named.error().message + hint);
}

std::string money_text(u128 amount, u32 ledger, const money::LedgerNames& names) {
  return money_of(florin::to_decimal(amount), ledger, names);
}

std::string money_text(const ledger::WideSum& sum, u32 ledger, const money::LedgerNames& names) {
  return money_of(to_decimal(sum), ledger, names);
}

}  // namespace florin::cli
