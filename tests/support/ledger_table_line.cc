#include "tests/support/ledger_table_line.h"

#include <limits>

#include "base/int128.h"

namespace florin::test {

using ledger::WideSum;

namespace {

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  constexpr std::string_view kBlank = " \t\r\n\\";
  usize begin = text.find_first_not_of(kBlank);
  while (begin != std::string_view::npos) {
    const usize end = text.find_first_of(kBlank, begin);
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kBlank, end);
  }
  return words;
}

void subtract(WideSum& sum, u64 value) {
  for (u64& word : sum.words) {
    const u64 before = word;
    word -= value;
    value = word > before ? 1 : 0;
  }
}

Result<WideSum> parse_power_of_two(std::string_view word) {
  const usize sign = word.find_first_of("+-");
  const std::optional<u128> exponent = parse_u128(word.substr(2, sign - 2));
  if (!exponent || *exponent >= 192) return not_understood("not a power of two", word);
  WideSum sum;
  sum.words[static_cast<usize>(*exponent) / 64] = u64{1} << (*exponent % 64);
  if (sign == std::string_view::npos) return sum;

  const std::optional<u128> addend = parse_u128(word.substr(sign + 1));
  if (!addend || *addend > std::numeric_limits<u64>::max()) {
    return not_understood("not a small number behind the power of two", word);
  }
  if (word[sign] == '+') {
    sum.add(*addend);
  } else {
    subtract(sum, static_cast<u64>(*addend));
  }
  return sum;
}

struct Unit {
  std::string_view name;
  u64 ns;
};

// A name that ends as another does stands before it.
constexpr Unit kUnits[] = {
    {"ns", 1}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"d", 86'400'000'000'000}};

Result<u64> parse_span(std::string_view word) {
  u64 scale = 1;
  for (const Unit& unit : kUnits) {
    if (!word.ends_with(unit.name)) continue;
    scale = unit.ns;
    word.remove_suffix(unit.name.size());
    break;
  }
  const Result<u128> number = parse_number(word);
  if (!number || *number > std::numeric_limits<u64>::max() / scale) {
    return not_understood("not a span of time", word);
  }
  return static_cast<u64>(*number) * scale;
}

}  // namespace

tl::unexpected<Error> not_understood(std::string_view what, std::string_view word) {
  return fail(ErrorCode::InvalidArgument, std::string(what) + ": " + std::string(word));
}

TableLine cut_line(u32 number, std::string_view text) {
  TableLine line{number, text, {}, {}, {}};
  std::vector<std::string_view> words = split_words(text);
  if (words.empty() || words[0].starts_with('#')) return line;
  line.kind = words[0];
  usize arrow = words.size();
  for (usize index = 1; index < words.size(); ++index) {
    if (words[index] == "->") arrow = index;
  }
  line.words.assign(words.begin() + 1, words.begin() + static_cast<std::ptrdiff_t>(arrow));
  if (arrow < words.size()) {
    line.expected.assign(words.begin() + static_cast<std::ptrdiff_t>(arrow) + 1, words.end());
  }
  return line;
}

Result<WideSum> parse_wide(std::string_view word) {
  if (word.starts_with('A') || word.starts_with('T') || word.starts_with('U')) {
    word.remove_prefix(1);
  }
  if (word.starts_with("2^")) return parse_power_of_two(word);
  const std::optional<u128> number = word == "max" ? kU128Max : parse_u128(word);
  if (!number) return not_understood("not a number", word);
  WideSum sum;
  sum.add(*number);
  return sum;
}

Result<u128> parse_number(std::string_view word) {
  const Result<WideSum> wide = parse_wide(word);
  if (!wide) return tl::unexpected<Error>(wide.error());
  if (wide->words[2] != 0) return not_understood("more than 128 bits", word);
  return make_u128(wide->words[1], wide->words[0]);
}

Result<u128> parse_signed(std::string_view word) {
  const bool negative = word.starts_with('-');
  const Result<u128> number = parse_number(word.substr(negative ? 1 : 0));
  if (!number || !negative) return number;
  return ~*number + 1;
}

Result<u64> parse_time(std::string_view word, const TimeOf& time_of, u64 last_logged) {
  u64 time = 0;
  usize end = word.find_first_of("+-");
  const std::string_view start = word.substr(0, end);
  if (start.empty()) {
    time = last_logged;
  } else if (start.find_first_of("ATU") == 0) {
    const std::optional<u64> made = time_of(start);
    if (!made) return not_understood("not made", start);
    time = *made;
  } else {
    const Result<u64> span = parse_span(start);
    if (!span) return span;
    time = *span;
  }
  while (end < word.size()) {
    const bool adds = word[end] == '+';
    word.remove_prefix(end + 1);
    end = word.find_first_of("+-");
    const Result<u64> span = parse_span(word.substr(0, end));
    if (!span) return span;
    time = adds ? time + *span : time - *span;
  }
  return time;
}

TablePair cut_pair(std::string_view word) {
  const usize equals = word.find('=');
  if (equals == std::string_view::npos) return {word, {}};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

}  // namespace florin::test
