// Values as text, by long division and by the calendar.
#include "cli/value_text.h"

#include <algorithm>
#include <ctime>

#include <fmt/core.h>

#include "base/int128.h"

namespace florin::cli {

std::string to_decimal(const ledger::WideSum& sum) {
  u64 words[3] = {sum.words[0], sum.words[1], sum.words[2]};
  std::string digits;
  do {
    u64 remainder = 0;
    for (int i = 2; i >= 0; --i) {
      const u128 value = make_u128(remainder, words[i]);
      words[i] = static_cast<u64>(value / 10);
      remainder = static_cast<u64>(value % 10);
    }
    digits += static_cast<char>('0' + remainder);
  } while ((words[0] | words[1] | words[2]) != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string with_thousands(std::string_view digits) {
  std::string text;
  for (usize i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string with_thousands(u128 value) { return with_thousands(florin::to_decimal(value)); }

std::string time_text(Timestamp timestamp) {
  const std::time_t seconds = static_cast<std::time_t>(timestamp.ns / kNsPerSecond);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:09}", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     timestamp.ns % kNsPerSecond);
}

std::string duration_text(u64 seconds) {
  if (seconds % 86'400 == 0) return fmt::format("{} d", seconds / 86'400);
  if (seconds % 3600 == 0) return fmt::format("{} h", seconds / 3600);
  if (seconds % 60 == 0) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} s", seconds);
}

std::string_view pending_status_name(ledger::PendingStatus status) {
  switch (status) {
    case ledger::PendingStatus::None: return "";
    case ledger::PendingStatus::Pending: return "pending";
    case ledger::PendingStatus::Posted: return "posted";
    case ledger::PendingStatus::Voided: return "voided";
    case ledger::PendingStatus::Expired: return "expired";
  }
  return "";
}

std::string place_text(u64 position, u32 index) {
  return index == 0 ? std::to_string(position) : fmt::format("{}:{}", position, index);
}

std::string_view change_kind_name(u8 kind) {
  return ledger::name(static_cast<ledger::ChangeKind>(kind));
}

std::string cursor_text(const ledger::QueryCursor& cursor) {
  if (cursor.index == 0) return fmt::format("{}:{}", cursor.next, cursor.as_of);
  return fmt::format("{}:{}:{}", cursor.next, cursor.as_of, cursor.index);
}

}  // namespace florin::cli
