// The grammar of rules: std offset [dst [offset] [, begin [/time], end [/time]]].
#include <charconv>

#include "statement/time_zone.h"

namespace florin::statement {

namespace {

constexpr i64 kHourSeconds = 3600;
constexpr i64 kRuleHoursMax = 167;  // RFC 8536 widens the 24 of POSIX.
constexpr i64 kUsualSwitchSeconds = 2 * kHourSeconds;

// Takes a rule apart from its front; what cannot be taken makes it fail for good.
class RuleText {
 public:
  explicit RuleText(std::string_view text) : text_(text) {}

  bool failed() const { return failed_; }
  bool done() const { return text_.empty(); }
  bool take(char letter) {
    if (text_.empty() || text_.front() != letter) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool next_is(char letter) const { return !text_.empty() && text_.front() == letter; }

  // "CET" or "<+03>": only that there is one.
  void skip_name() {
    const bool quoted = take('<');
    usize length = 0;
    const auto belongs = [&](char letter) {
      const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
      return is_letter ||
             (quoted && ((letter >= '0' && letter <= '9') || letter == '+' || letter == '-'));
    };
    while (length < text_.size() && belongs(text_[length])) ++length;
    text_.remove_prefix(length);
    if (length < 3 || (quoted && !take('>'))) failed_ = true;
  }

  i64 number(i64 least, i64 most) {
    i64 value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc() || value < least || value > most || next_is('-')) {
      failed_ = true;
      return least;
    }
    text_.remove_prefix(static_cast<usize>(end - text_.data()));
    return value;
  }

  // [+-]hh[:mm[:ss]], in seconds.
  i64 time() {
    const bool negative = take('-');
    if (!negative) take('+');
    i64 seconds = number(0, kRuleHoursMax) * kHourSeconds;
    if (take(':')) seconds += number(0, 59) * 60;
    if (take(':')) seconds += number(0, 59);
    return negative ? -seconds : seconds;
  }

  ZoneRule::Switch day_and_time() {
    using Form = ZoneRule::Switch::Form;
    ZoneRule::Switch found;
    if (!take(',')) failed_ = true;
    if (take('M')) {
      found.form = Form::WeekOfMonth;
      found.month = static_cast<u32>(number(1, 12));
      if (!take('.')) failed_ = true;
      found.week = static_cast<u32>(number(1, 5));
      if (!take('.')) failed_ = true;
      found.day = static_cast<u32>(number(0, 6));
    } else if (take('J')) {
      found.form = Form::JulianDay;
      found.day = static_cast<u32>(number(1, 365));
    } else {
      found.form = Form::DayOfYear;
      found.day = static_cast<u32>(number(0, 365));
    }
    found.time_s = take('/') ? time() : kUsualSwitchSeconds;
    return found;
  }

 private:
  std::string_view text_;
  bool failed_ = false;
};

}  // namespace

std::optional<ZoneRule> ZoneRule::parse(std::string_view text) {
  RuleText rest(text);
  ZoneRule rule;
  rest.skip_name();
  rule.standard_s = -rest.time();  // Written as west of Greenwich.
  if (!rest.done() && !rest.failed()) {
    Summer summer;
    rest.skip_name();
    summer.offset_s = rest.next_is(',') ? rule.standard_s + kHourSeconds : -rest.time();
    summer.begin = rest.day_and_time();
    summer.end = rest.day_and_time();
    rule.summer = summer;
  }
  if (rest.failed() || !rest.done()) return std::nullopt;
  return rule;
}

}  // namespace florin::statement
