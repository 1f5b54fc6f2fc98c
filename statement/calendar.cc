#include "statement/calendar.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/core.h>

#include "base/check.h"

namespace florin::statement {

namespace {

std::chrono::year_month_day civil(const Day& day) {
  return std::chrono::year{day.year} / std::chrono::month{day.month} / std::chrono::day{day.day};
}

bool parse_digits(std::string_view text, u32& value) {
  const char* const end = text.data() + text.size();
  const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
  return digits && std::from_chars(text.data(), end, value).ptr == end;
}

}  // namespace

i64 day_number(const Day& day) {
  return std::chrono::sys_days(civil(day)).time_since_epoch().count();
}

Day day_of_number(i64 number) {
  const std::chrono::sys_days at{std::chrono::days(number)};
  const std::chrono::year_month_day day(at);
  return {static_cast<u16>(static_cast<int>(day.year())),
          static_cast<u8>(static_cast<unsigned>(day.month())),
          static_cast<u8>(static_cast<unsigned>(day.day()))};
}

std::string date_text(const Day& day) {
  return fmt::format("{:04}-{:02}-{:02}", day.year, day.month, day.day);
}

std::optional<Day> parse_day(std::string_view text) {
  u32 year = 0;
  u32 month = 0;
  u32 day = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  if (!parse_digits(text.substr(0, 4), year) || !parse_digits(text.substr(5, 2), month) ||
      !parse_digits(text.substr(8, 2), day)) {
    return std::nullopt;
  }
  const Day found{static_cast<u16>(year), static_cast<u8>(month), static_cast<u8>(day)};
  return civil(found).ok() ? std::optional<Day>(found) : std::nullopt;
}

std::string moment_text(u64 timestamp_ns) {
  const u64 seconds = timestamp_ns / kNsPerSecond;
  constexpr u64 kPerDay = 86'400;
  const u64 of_day = seconds % kPerDay;
  return fmt::format("{}T{:02}:{:02}:{:02}.{:09}Z",
                     date_text(day_of_number(static_cast<i64>(seconds / kPerDay))), of_day / 3600,
                     of_day / 60 % 60, of_day % 60, timestamp_ns % kNsPerSecond);
}

Calendar Calendar::utc() {
  Calendar calendar;
  calendar.zones_.push_back({Day{1970, 1, 1}, TimeZone::utc()});
  calendar.from_.push_back(0);
  return calendar;
}

Result<Calendar> Calendar::of(std::vector<ZoneFrom> zones) {
  if (zones.empty()) return fail(ErrorCode::InvalidArgument, "expected at least one time zone");
  Calendar calendar;
  for (ZoneFrom& each : zones) {
    const i64 from = day_number(each.from);
    if (!calendar.from_.empty() && from <= calendar.from_.back()) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("the time zone {} holds from {}; expected a day behind that of the "
                              "one before it",
                              each.zone.name(), date_text(each.from)));
    }
    calendar.from_.push_back(from);
    calendar.zones_.push_back(std::move(each));
  }
  for (usize index = 1; index < calendar.zones_.size(); ++index) {
    const i64 from = calendar.from_[index];
    if (calendar.first_second(from) > calendar.first_second(from - 1)) continue;
    return fail(ErrorCode::InvalidArgument,
                fmt::format("with {} from {} on, the day before, in {}, would have no moment",
                            calendar.zones_[index].zone.name(), date_text(day_of_number(from)),
                            calendar.zones_[index - 1].zone.name()));
  }
  return calendar;
}

const TimeZone& Calendar::zone_of(i64 day) const {
  const auto later = std::upper_bound(from_.begin() + 1, from_.end(), day);
  return zones_[static_cast<usize>(later - from_.begin()) - 1].zone;
}

i64 Calendar::first_second(i64 day) const { return zone_of(day).first_second(day); }

u64 Calendar::first_ns(i64 day) const {
  const i64 second = first_second(day);
  CHECK(second >= 0 && static_cast<u64>(second) < kTimestampEnd / kNsPerSecond);
  return static_cast<u64>(second) * kNsPerSecond;
}

Day Calendar::day_of(u64 timestamp_ns) const {
  constexpr i64 kPerDay = 86'400;
  const auto second = static_cast<i64>(timestamp_ns / kNsPerSecond);
  i64 day = second / kPerDay;
  day = (second + zone_of(day).at(second).offset_s + kPerDay) / kPerDay - 1;
  // Where clocks pass midnight twice, or zones change, days are what their first moments say.
  while (first_second(day) > second) --day;
  while (first_second(day + 1) <= second) ++day;
  return day_of_number(day);
}

const std::string& Calendar::time_zone(const Day& day) const {
  return zone_of(day_number(day)).name();
}

}  // namespace florin::statement
