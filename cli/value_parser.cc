// Small parsers without state; the calendar is that of the standard library.
#include "cli/value_parser.h"

#include <charconv>
#include <chrono>

#include "base/int128.h"
#include "cli/value_text.h"

namespace florin::cli {

namespace {

constexpr u64 kSecondsPerDay = 24 * 60 * 60;
constexpr u128 kSignBit = u128{1} << 127;

// Takes one part after the other off the front of a text.
class Parts {
 public:
  explicit Parts(std::string_view text) : rest_(text) {}

  // Exactly so many digits, as a number up to `most`.
  std::optional<unsigned> digits(usize count, unsigned most) {
    if (rest_.size() < count) return std::nullopt;
    unsigned value = 0;
    const char* const end = rest_.data() + count;
    const auto [stopped, error] = std::from_chars(rest_.data(), end, value);
    if (error != std::errc{} || stopped != end || value > most) return std::nullopt;
    rest_.remove_prefix(count);
    return value;
  }
  bool take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // How many digits stand at the front.
  usize run() const { return std::min(rest_.find_first_not_of("0123456789"), rest_.size()); }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<u64> parse_days(Parts& parts) {
  const auto year = parts.digits(4, 9999);
  if (!year || !parts.take('-')) return std::nullopt;
  const auto month = parts.digits(2, 12);
  if (!month || !parts.take('-')) return std::nullopt;
  const auto day = parts.digits(2, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok() || *year < 1970) return std::nullopt;
  return static_cast<u64>(std::chrono::sys_days(date).time_since_epoch().count());
}

// Nanoseconds since midnight.
std::optional<u64> parse_time_of_day(Parts& parts) {
  const auto hours = parts.digits(2, 23);
  if (!hours || !parts.take(':')) return std::nullopt;
  const auto minutes = parts.digits(2, 59);
  if (!minutes || !parts.take(':')) return std::nullopt;
  const auto seconds = parts.digits(2, 59);
  if (!seconds) return std::nullopt;
  u64 fraction = 0;
  if (parts.take('.')) {
    const usize count = parts.run();
    if (count == 0 || count > 9) return std::nullopt;
    fraction = parts.digits(count, kNsPerSecond - 1).value_or(0);
    for (usize i = count; i < 9; ++i) fraction *= 10;
  }
  return (u64{*hours} * 3600 + u64{*minutes} * 60 + *seconds) * kNsPerSecond + fraction;
}

std::optional<u128> parse_bounded(std::string_view text, u128 end) {
  const auto number = parse_u128(text);
  return number && *number < end ? number : std::nullopt;
}

std::optional<u128> parse_time(std::string_view text, DateMeans date) {
  if (text.find('-') == std::string_view::npos) return parse_bounded(text, u128{1} << 64);
  const auto moment = parse_moment(text, date);
  return moment ? std::optional<u128>(*moment) : std::nullopt;
}

std::optional<u128> parse_pending_status(std::string_view text) {
  for (u32 status = 1; status <= static_cast<u32>(ledger::PendingStatus::Expired); ++status) {
    if (pending_status_name(static_cast<ledger::PendingStatus>(status)) == text) return status;
  }
  return parse_u128(text);
}

}  // namespace

std::optional<u128> parse_value(FieldForm form, std::string_view text) {
  switch (form) {
    case FieldForm::Number:
    case FieldForm::Amount:
    case FieldForm::Ledger:
    case FieldForm::Flags: return parse_u128(text);
    case FieldForm::Time: return parse_time(text, DateMeans::FirstMoment);
    case FieldForm::LastTime: return parse_time(text, DateMeans::LastMoment);
    case FieldForm::PendingStatus: return parse_pending_status(text);
    case FieldForm::Cursor:
    case FieldForm::Text: break;
  }
  return std::nullopt;
}

std::string_view expected_of(FieldForm form) {
  switch (form) {
    case FieldForm::Number:
    case FieldForm::Amount:
    case FieldForm::Ledger:
    case FieldForm::Flags:
    case FieldForm::Cursor:
    case FieldForm::Text: return "decimal digits or 0x and hexadecimal digits, below 2^128";
    case FieldForm::Time:
    case FieldForm::LastTime:
      return "nanoseconds, a date such as 2026-10-01, or a time such as 2026-10-01T12:00:00Z";
    case FieldForm::PendingStatus: return "pending, posted, voided or expired";
  }
  return "";
}

std::optional<ledger::QueryCursor> parse_cursor(std::string_view text) {
  u64 parts[3] = {};
  usize count = 0;
  for (usize begin = 0; begin <= text.size(); ++count) {
    const usize end = std::min(text.find(':', begin), text.size());
    const auto part = parse_bounded(text.substr(begin, end - begin), u128{1} << 64);
    if (!part || count == std::size(parts)) return std::nullopt;
    parts[count] = low_half(*part);
    begin = end + 1;
  }
  if (count < 2) return std::nullopt;
  return ledger::QueryCursor{.next = parts[0], .as_of = parts[1], .index = parts[2]};
}

std::optional<u64> parse_moment(std::string_view text, DateMeans date) {
  Parts parts(text);
  const auto days = parse_days(parts);
  if (!days) return std::nullopt;
  u128 seconds_ns = u128{*days} * kSecondsPerDay * kNsPerSecond;
  if (parts.done()) {
    if (date == DateMeans::LastMoment) seconds_ns += kSecondsPerDay * kNsPerSecond - 1;
  } else {
    if (!parts.take('T') && !parts.take(' ')) return std::nullopt;
    const auto time = parse_time_of_day(parts);
    if (!time) return std::nullopt;
    seconds_ns += *time;
    parts.take('Z');
  }
  if (!parts.done() || seconds_ns >= kTimestampEnd) return std::nullopt;
  return static_cast<u64>(seconds_ns);
}

std::optional<u128> with_sign(bool negative, u128 amount) {
  if (amount > kSignBit || (amount == kSignBit && !negative)) return std::nullopt;
  return negative ? ~amount + 1 : amount;
}

std::optional<u128> parse_signed(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto amount = parse_u128(text);
  return amount ? with_sign(negative, *amount) : std::nullopt;
}

}  // namespace florin::cli
