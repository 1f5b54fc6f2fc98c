#include "statement/pdf_text.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/core.h>

#include "base/int128.h"
#include "money/amount.h"

namespace florin::statement::pdf {
namespace {

constexpr char32_t kUnknown = 0xfffd;

// The characters of code page 1252 from 0x80 to 0x9f; 0 where it has none.
constexpr std::array<char32_t, 32> kWesternExtras = {
    U'€', 0,    U'‚', U'ƒ', U'„', U'…', U'†', U'‡', U'ˆ', U'‰', U'Š', U'‹', U'Œ', 0, U'Ž', 0,
    0,    U'‘', U'’', U'“', U'”', U'•', U'–', U'—', U'˜', U'™', U'š', U'›', U'œ', 0, U'ž', U'Ÿ'};

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

std::string_view month_name(const Day& day) {
  return day.month >= 1 && day.month <= 12 ? kMonths[day.month - 1u] : "?";
}

// The next character, and how many bytes it has.
std::pair<char32_t, usize> next_character(std::string_view text) {
  const u8 lead = static_cast<u8>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const usize bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {kUnknown, 1};
  char32_t character = lead & (0x7f >> bytes);
  for (usize i = 1; i < bytes; ++i) {
    const u8 byte = static_cast<u8>(text[i]);
    if ((byte & 0xc0) != 0x80) return {kUnknown, i};
    character = character << 6 | (byte & 0x3f);
  }
  const bool too_long = (bytes == 3 && character < 0x800) || (bytes == 4 && character < 0x10000);
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  return {too_long || surrogate || character >= 0xffff ? kUnknown : character, bytes};
}

std::string with_separators(std::string digits) {
  const usize point = digits.find('.');
  usize at = point == std::string::npos ? digits.size() : point;
  while (at > 3) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

}  // namespace

std::u32string characters_of(std::string_view utf8) {
  std::u32string characters;
  while (!utf8.empty()) {
    const auto [character, bytes] = next_character(utf8);
    const bool is_control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    characters += is_control ? U' ' : character;
    utf8.remove_prefix(bytes);
  }
  return characters;
}

std::string utf8_of(std::u32string_view characters) {
  std::string text;
  for (const char32_t c : characters) {
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else if (c < 0x800) {
      text += static_cast<char>(0xc0 | c >> 6);
      text += static_cast<char>(0x80 | (c & 0x3f));
    } else {
      text += static_cast<char>(0xe0 | c >> 12);
      text += static_cast<char>(0x80 | (c >> 6 & 0x3f));
      text += static_cast<char>(0x80 | (c & 0x3f));
    }
  }
  return text;
}

std::optional<char> western_byte(char32_t character) {
  const bool is_same =
      (character >= 0x20 && character < 0x7f) || (character >= 0xa0 && character <= 0xff);
  if (is_same) return static_cast<char>(character);
  if (character < 0xa0) return std::nullopt;
  const auto found = std::find(kWesternExtras.begin(), kWesternExtras.end(), character);
  if (found == kWesternExtras.end()) return std::nullopt;
  return static_cast<char>(0x80 + (found - kWesternExtras.begin()));
}

bool is_western(std::u32string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char32_t c) { return western_byte(c).has_value(); });
}

std::string western_bytes(std::u32string_view text) {
  std::string bytes;
  for (const char32_t c : text) bytes += western_byte(c).value_or('?');
  return bytes;
}

std::string grouped_amount(u128 amount, u32 decimals) {
  return with_separators(money::format_amount(amount, decimals));
}

std::string grouped_iban(std::string_view iban) {
  std::string groups;
  for (usize i = 0; i < iban.size(); ++i) {
    if (i != 0 && i % 4 == 0) groups += ' ';
    groups += iban[i];
  }
  return groups;
}

std::string short_date(const Day& day) {
  return fmt::format("{:02} {} {}", day.day, month_name(day).substr(0, 3), day.year);
}

std::string long_date(const Day& day) {
  return fmt::format("{} {} {}", day.day, month_name(day), day.year);
}

std::string date_range(const Day& first, const Day& last) {
  if (first == last) return long_date(first);
  if (first.year != last.year) return long_date(first) + " – " + long_date(last);
  if (first.month != last.month) {
    return fmt::format("{} {} – {}", first.day, month_name(first), long_date(last));
  }
  return fmt::format("{}–{}", first.day, long_date(last));
}

std::string moment(u64 timestamp_ns) {
  const std::chrono::sys_seconds time{std::chrono::seconds(timestamp_ns / kNsPerSecond)};
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{midnight};
  const std::chrono::hh_mm_ss clock{time - midnight};
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count());
}

std::string counted(u64 count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", with_separators(to_decimal(count)), count == 1 ? one : many);
}

}  // namespace florin::statement::pdf
