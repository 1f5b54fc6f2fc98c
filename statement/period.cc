#include "statement/period.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "base/check.h"

namespace florin::statement {

namespace {

constexpr u16 kFirstYear = 1971;
constexpr u16 kLastYear = 2261;

tl::unexpected<Error> no_period(std::string_view text) {
  return fail(ErrorCode::InvalidArgument,
              fmt::format("'{}' is no period; expected a month such as 2026-10, a year, a day such "
                          "as 2026-10-31, or two days such as 2026-10-03/2026-10-17",
                          text));
}

// "2026" and "2026-10" with their first day behind them are days.
std::optional<Day> first_day_of(std::string_view text, std::string_view rest) {
  return parse_day(std::string(text) + std::string(rest));
}

// The first and last day of the period.
bool find_days(std::string_view text, Period& period) {
  std::optional<Day> first;
  std::optional<Day> last;
  if (const usize slash = text.find('/'); slash != std::string_view::npos) {
    period.kind = PeriodKind::AdHoc;
    first = parse_day(text.substr(0, slash));
    last = parse_day(text.substr(slash + 1));
  } else if (text.size() == 4) {
    period.kind = PeriodKind::Year;
    first = first_day_of(text, "-01-01");
    last = first_day_of(text, "-12-31");
  } else if (text.size() == 7) {
    period.kind = PeriodKind::Month;
    first = first_day_of(text, "-01");
    for (const char* const end : {"-28", "-29", "-30", "-31"}) {
      if (const auto day = first_day_of(text, end)) last = day;
    }
  } else {
    period.kind = PeriodKind::Day;
    first = last = parse_day(text);
  }
  if (!first || !last) return false;
  period.first_day = *first;
  period.last_day = *last;
  return true;
}

u64 months_of(const Day& day) { return u64{day.year} * 12 + day.month; }

}  // namespace

Result<Period> parse_period(const Calendar& calendar, std::string_view text) {
  Period period;
  period.text = text;
  if (!find_days(text, period)) return no_period(text);
  if (period.last_day < period.first_day) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the period '{}' ends before it begins", text));
  }
  if (period.first_day.year < kFirstYear || period.last_day.year > kLastYear) {
    return fail(ErrorCode::InvalidArgument, fmt::format("the period '{}' is not between {} and {}",
                                                        text, kFirstYear, kLastYear));
  }
  period.first_ns = calendar.first_ns(day_number(period.first_day));
  period.last_ns = calendar.first_ns(day_number(period.last_day) + 1) - 1;
  period.time_zone = calendar.time_zone(period.last_day);
  if (period.last_ns < period.first_ns) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the period '{}' has no moment in {}, where clocks skipped it", text,
                            period.time_zone));
  }
  return period;
}

Result<Period> ended_period(const Calendar& calendar, const Period& period, u64 now_ns,
                            u64 reached_ns) {
  if (now_ns > period.last_ns) return period;
  if (period.kind != PeriodKind::AdHoc) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the period {} ends with {} ({}): its statement can be made then. For "
                            "one up to now, ask for days: {}/{}",
                            period.text, moment_text(period.last_ns), period.time_zone,
                            date_text(period.first_day), date_text(calendar.day_of(now_ns))));
  }
  if (now_ns < period.first_ns) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the period {} begins with {} ({}), which is not reached yet",
                            period.text, moment_text(period.first_ns), period.time_zone));
  }
  Period cut = period;
  cut.last_ns = std::clamp(reached_ns, period.first_ns, period.last_ns);
  cut.last_day = calendar.day_of(cut.last_ns);
  cut.text = date_text(cut.first_day) + "/" + date_text(cut.last_day);
  cut.time_zone = calendar.time_zone(cut.last_day);
  return cut;
}

u64 period_number(const Calendar& calendar, const Period& period, u64 opened_ns) {
  if (period.kind == PeriodKind::AdHoc) return 0;
  const Day opened = calendar.day_of(opened_ns);
  CHECK(opened <= period.last_day);
  switch (period.kind) {
    case PeriodKind::Day:
      return static_cast<u64>(day_number(period.first_day) - day_number(opened)) + 1;
    case PeriodKind::Month: return months_of(period.first_day) - months_of(opened) + 1;
    case PeriodKind::Year: return u64{period.first_day.year} - opened.year + 1;
    case PeriodKind::AdHoc: return 0;
  }
  return 0;
}

u64 period_number_in_year(const Calendar& calendar, const Period& period, u64 opened_ns) {
  const u64 number = period_number(calendar, period, opened_ns);
  const Day& first = period.first_day;
  switch (period.kind) {
    case PeriodKind::Day:
      return std::min(number,
                      static_cast<u64>(day_number(first) - day_number({first.year, 1, 1})) + 1);
    case PeriodKind::Month: return std::min(number, u64{first.month});
    case PeriodKind::Year: return std::min(number, u64{1});
    case PeriodKind::AdHoc: return 0;
  }
  return 0;
}

std::string file_text(const Period& period) {
  std::string text = period.text;
  if (const usize slash = text.find('/'); slash != std::string::npos) text.replace(slash, 1, "--");
  return text;
}

}  // namespace florin::statement
