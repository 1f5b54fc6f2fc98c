// Amounts as people write them, such as "12.34 EUR", and the names of ledgers that this takes. The
// ledger itself knows only whole numbers of minor units: this is where decimals begin and end.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace florin::money {

// 128 bits have 39 digits: with more decimals no whole unit could be written.
inline constexpr u32 kDecimalsMax = 38;
inline constexpr usize kLedgerNameBytesMax = 16;

// Digits, and at most `decimals` more behind a point: "12", "12.3" and "12.34" with two decimals.
// No sign, no spaces, no separators of thousands. The result is in minor units. The error says what
// was wrong: not a number, too many decimals, or too large for 128 bits.
Result<u128> parse_amount(std::string_view digits, u32 decimals);

// With exactly so many decimals: 1234 with two is "12.34", and with none "1234".
std::string format_amount(u128 amount, u32 decimals);

struct LedgerName {
  u32 ledger = 0;
  std::string name;  // A currency, such as "EUR", or a name of one's own, such as "points".
  u32 decimals = 0;  // Of the ledger's minor unit.
};

// An amount with the ledger whose name stood behind it.
struct NamedAmount {
  u128 amount = 0;
  u32 ledger = 0;
};

// Which ledgers have names. A value type; a small number of names is expected.
class LedgerNames {
 public:
  // From configuration: "978=EUR" takes the decimals from ISO 4217; "1000001=BTC:8" and
  // "7=points:0" tell their own, which is also how a currency of ISO 4217 is kept more finely. A
  // name is a letter, then letters, digits, '_' and '-', 16 bytes at most. Fails with
  // InvalidArgument when the text is not of this form, when the name has no decimals, or when
  // ledger or name were given before.
  Status add(std::string_view definition);

  // Null when the ledger, or the name, is not known. Valid until the next add().
  const LedgerName* find(u32 ledger) const;
  const LedgerName* find(std::string_view name) const;
  std::span<const LedgerName> all() const { return names_; }

  // "12.34 EUR" or "12.34EUR": an amount as parse_amount takes it, then at most one space, then
  // the name of a ledger. Fails with InvalidArgument, saying what was wrong.
  Result<NamedAmount> parse(std::string_view text) const;

  // "12.34 EUR"; for a ledger without a name the number of minor units, such as "1234".
  std::string print(u128 amount, u32 ledger) const;

 private:
  std::string known_names() const;

  std::vector<LedgerName> names_;
};

}  // namespace florin::money
