// One line of a ledger table, cut into words, and the words that stand for values. The language is
// described in ledger_tables.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/account.h"
#include "ledger/operation.h"
#include "ledger/transfer.h"

namespace florin::test {

struct TableLine {
  u32 number = 0;                          // In the table, from 1.
  std::string_view text;                   // The whole line.
  std::string_view kind;                   // Its first word; empty for a blank line or a comment.
  std::vector<std::string_view> words;     // Between the kind and the last "->".
  std::vector<std::string_view> expected;  // After the last "->".
};

TableLine cut_line(u32 number, std::string_view text);

// A number as a table writes it: 7, 0x1f, 2^64, 2^128-1, max, and the same behind the letter of an
// id's kind. The first accepts up to 192 bits, the second up to 128.
Result<ledger::WideSum> parse_wide(std::string_view word);
Result<u128> parse_number(std::string_view word);

// The events that lines of the kinds "account" and "transfer" describe.
Result<ledger::Account> parse_account(const TableLine& line);
Result<ledger::Transfer> parse_transfer(const TableLine& line);

// Calls `set(key, value)` for each word from `first` on, all of which must be key=value; `set`
// answers whether it knows the key.
template <class Set>
Status parse_pairs(const TableLine& line, usize first, Set set) {
  for (usize index = first; index < line.words.size(); ++index) {
    const std::string_view word = line.words[index];
    const usize equals = word.find('=');
    if (equals == std::string_view::npos) {
      return fail(ErrorCode::InvalidArgument, "expected key=value: " + std::string(word));
    }
    const Result<ledger::WideSum> value = parse_wide(word.substr(equals + 1));
    if (!value) return tl::unexpected<Error>(value.error());
    if (!set(word.substr(0, equals), *value)) {
      return fail(ErrorCode::InvalidArgument, "cannot set " + std::string(word));
    }
  }
  return {};
}

}  // namespace florin::test
