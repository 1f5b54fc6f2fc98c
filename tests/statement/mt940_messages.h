// A strict reader of MT940, by the rules of SWIFT's standards for category 9: lines, characters,
// the order of fields and the form of each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/statement/random_statement.h"

namespace florin::test {

struct Mt940Balance {
  bool final = false;  // F, not M.
  std::string date;    // YYMMDD
  std::string currency;
  std::string amount;  // As written.
  i128 value = 0;      // In minor units, debits are negative.

  // The balance without what the tag says.
  std::string text() const { return (value < 0 ? "D" : "C") + date + currency + amount; }
};

struct Mt940Entry {
  std::string value_date;  // YYMMDD
  std::string entry_date;  // MMDD
  std::string mark;        // C, D, RC, RD
  i128 value = 0;          // As of a balance.
  std::string type;        // "NTRF"
  std::string reference;
  std::string bank_reference;  // Empty: none.
  std::vector<std::string> information;
};

struct Mt940Message {
  std::string reference, account;
  std::string number, sequence;
  Mt940Balance opening, closing;
  std::optional<Mt940Balance> available;
  std::vector<Mt940Entry> entries;
  usize characters = 0;
};

struct Mt940Messages {
  std::vector<Mt940Message> messages;
  std::string problem;  // The first line that is wrong, and how; empty: none is.
};

Mt940Messages read_mt940(std::string_view bytes, u32 decimals);

bool is_of_set_x(std::string_view text);

}  // namespace florin::test
