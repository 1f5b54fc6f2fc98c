// Days as the bank's customers live them: in the bank's time zone, whichever that was on the day.
// Days are counted from 1970-01-01 where they are reckoned with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "statement/statement.h"
#include "statement/time_zone.h"

namespace florin::statement {

i64 day_number(const Day& day);
Day day_of_number(i64 number);

// "2026-10-31".
std::string date_text(const Day& day);
// Nothing when the text is no day, such as "2026-02-30".
std::optional<Day> parse_day(std::string_view text);
// "2026-10-31T21:59:59.000000001Z", in UTC.
std::string moment_text(u64 timestamp_ns);

// Immutable: for any number of threads.
class Calendar {
 public:
  // From a day on, until the next of them, a zone holds. The first holds for the days before, too.
  struct ZoneFrom {
    Day from;
    TimeZone zone;
  };

  static Calendar utc();
  // InvalidArgument: none at all, not in order, or a change that leaves a day without a moment.
  static Result<Calendar> of(std::vector<ZoneFrom> zones);

  // The first moment of a day; every day ends where the next begins, so that none belongs to two.
  // Nanoseconds since 1970 UTC; the day must lie between 1971-01-01 and 2262-01-01.
  u64 first_ns(i64 day) const;
  Day day_of(u64 timestamp_ns) const;
  // "Europe/Berlin": of that day.
  const std::string& time_zone(const Day& day) const;

 private:
  i64 first_second(i64 day) const;
  const TimeZone& zone_of(i64 day) const;

  std::vector<ZoneFrom> zones_;
  std::vector<i64> from_;  // Of each of them, the day.
};

}  // namespace florin::statement
