// One line of a ledger table, cut into words, and the words that stand for numbers and times. The
// language is described in ledger_tables.h.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/operation.h"

namespace florin::test {

struct TableLine {
  u32 number = 0;                          // In the table, from 1.
  std::string_view text;                   // The whole line.
  std::string_view kind;                   // Its first word; empty for a blank line or a comment.
  std::vector<std::string_view> words;     // Between the kind and the last "->".
  std::vector<std::string_view> expected;  // After the last "->".
};

TableLine cut_line(u32 number, std::string_view text);

// What is wrong with a word.
tl::unexpected<Error> not_understood(std::string_view what, std::string_view word);

// A number as a table writes it: 7, 0x1f, 2^64, 2^128-1, max, and the same behind the letter of an
// id's kind. The first accepts up to 192 bits, the second up to 128.
Result<ledger::WideSum> parse_wide(std::string_view word);
Result<u128> parse_number(std::string_view word);
// The same with a sign: a number in two's complement.
Result<u128> parse_signed(std::string_view word);

// When the object with this id (such as T1) was made.
using TimeOf = std::function<std::optional<u64>(std::string_view id)>;

// A time in nanoseconds: spans such as 5s, 90ms or 7ns, added and taken away. It begins at the time
// of an object, T1+5s-1ns; or at the last logged time, +1ns; or at the epoch, 90s.
Result<u64> parse_time(std::string_view word, const TimeOf& time_of, u64 last_logged);

// A word of the form key=value; without "=" it is all key.
struct TablePair {
  std::string_view key;
  std::string_view value;
};
TablePair cut_pair(std::string_view word);

// Calls `set(key, number)` for each of the words from `first` on, all of which must be key=number;
// `set` answers whether it knows the key.
template <class Set>
Status parse_pairs(const std::vector<std::string_view>& words, usize first, Set set) {
  for (usize index = first; index < words.size(); ++index) {
    const TablePair pair = cut_pair(words[index]);
    const Result<ledger::WideSum> value = parse_wide(pair.value);
    if (!value) return not_understood("expected key=number", words[index]);
    if (!set(pair.key, *value)) return not_understood("cannot set", words[index]);
  }
  return {};
}

}  // namespace florin::test
