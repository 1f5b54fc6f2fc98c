// How a printed statement writes things: amounts with separators of thousands, IBANs in groups of
// four, dates in words. English, as the rest of the statement.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/types.h"
#include "statement/statement.h"

namespace florin::statement::pdf {

// Text as characters. Bytes that are not UTF-8 become U+FFFD, as do characters beyond the Basic
// Multilingual Plane, which no font of a statement has; control characters become spaces.
std::u32string characters_of(std::string_view utf8);
std::string utf8_of(std::u32string_view characters);

// In Windows' code page 1252, all of which Helvetica has in every viewer. In western_bytes(), '?'
// stands for what is not in it.
std::optional<char> western_byte(char32_t character);
bool is_western(std::u32string_view text);
std::string western_bytes(std::u32string_view text);

// "1,234,567.89": with exactly so many decimals.
std::string grouped_amount(u128 amount, u32 decimals);

// "DE89 3704 0044 0532 0130 00".
std::string grouped_iban(std::string_view iban);

// "03 Oct 2026", as wide as every other date of a table.
std::string short_date(const Day& day);
// "3 October 2026".
std::string long_date(const Day& day);
// "1–31 October 2026", "1 October – 30 November 2026", or both dates whole.
std::string date_range(const Day& first, const Day& last);
// "2026-11-02 14:30 UTC".
std::string moment(u64 timestamp_ns);

// "1 entry", "1,234 entries".
std::string counted(u64 count, std::string_view one, std::string_view many);

}  // namespace florin::statement::pdf
