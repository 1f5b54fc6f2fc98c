// Periods that statements are made of, and their numbers.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"
#include "statement/calendar.h"

namespace florin::statement {

enum class PeriodKind : u8 { Day, Month, Year, AdHoc };

// A value.
struct Period {
  PeriodKind kind = PeriodKind::Month;
  std::string text;  // As Statement::period has it.
  Day first_day;
  Day last_day;
  u64 first_ns = 0;  // Inclusive, as is the next.
  u64 last_ns = 0;
  std::string time_zone;  // Of the last day.
};

// "2026-10" is a month, "2026" a year, "2026-10-31" a day; "2026-10-03/2026-10-17" any days, ad
// hoc. InvalidArgument says what was expected. Years go from 1971 to 2261: what timestamps reach.
Result<Period> parse_period(const Calendar& calendar, std::string_view text);

// The period, if it is over at `now_ns`. InvalidArgument when it is not; but one that was asked for
// ad hoc, and has begun, ends with `reached_ns` instead: the last moment that the ledger knows of.
Result<Period> ended_period(const Calendar& calendar, const Period& period, u64 now_ns,
                            u64 reached_ns);

// Which of its kind it is since that in which the account was opened, from 1; and which in its
// year. 0 = not a regular period. The account must have been opened before the period's end.
u64 period_number(const Calendar& calendar, const Period& period, u64 opened_ns);
u64 period_number_in_year(const Calendar& calendar, const Period& period, u64 opened_ns);

// For names of files: "2026-10", "2026-10-03--2026-10-17" (ISO 8601 allows that for the slash).
std::string file_text(const Period& period);

}  // namespace florin::statement
