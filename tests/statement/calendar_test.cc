// Days in a bank's time zones, and periods of them.
#include "statement/calendar.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "statement/period.h"

namespace florin::test {

using statement::Calendar;
using statement::Day;
using statement::Period;
using statement::TimeZone;

namespace {

constexpr u64 kHourNs = 3600 * kNsPerSecond;

Calendar calendar_of(const std::vector<std::pair<Day, std::string>>& zones) {
  std::vector<Calendar::ZoneFrom> found;
  for (const auto& [from, name] : zones) found.push_back({from, *TimeZone::load(name)});
  auto calendar = Calendar::of(std::move(found));
  EXPECT_TRUE(calendar) << calendar.error().message;
  return std::move(*calendar);
}

Calendar berlin() { return calendar_of({{Day{1970, 1, 1}, "Europe/Berlin"}}); }

Period period_of(const Calendar& calendar, std::string_view text) {
  const auto period = statement::parse_period(calendar, text);
  EXPECT_TRUE(period) << period.error().message;
  return period ? *period : Period{};
}

}  // namespace

TEST(Calendar, writes_and_reads_days) {
  EXPECT_EQ(statement::date_text({2026, 10, 3}), "2026-10-03");
  EXPECT_EQ(statement::parse_day("2028-02-29"), (Day{2028, 2, 29}));
  for (const char* const wrong : {"", "2026-02-29", "2026-13-01", "2026-00-01", "2026-1-1",
                                  "2026-10-032", "2026/10/03", "+026-10-03", "2026-10-3x"}) {
    EXPECT_FALSE(statement::parse_day(wrong)) << wrong;
  }
  EXPECT_EQ(statement::day_of_number(0), (Day{1970, 1, 1}));
  EXPECT_EQ(statement::day_number({2026, 10, 3}), 20'729);
  EXPECT_EQ(statement::moment_text(1'790'985'599'000'000'001), "2026-10-02T23:59:59.000000001Z");
}

TEST(Calendar, has_days_of_23_and_25_hours) {
  const Calendar calendar = berlin();
  EXPECT_EQ(period_of(calendar, "2026-03-29").last_ns - period_of(calendar, "2026-03-29").first_ns,
            23 * kHourNs - 1);
  EXPECT_EQ(period_of(calendar, "2026-10-25").last_ns - period_of(calendar, "2026-10-25").first_ns,
            25 * kHourNs - 1);
  EXPECT_EQ(period_of(calendar, "2026-10-26").last_ns - period_of(calendar, "2026-10-26").first_ns,
            24 * kHourNs - 1);
  const Period october = period_of(calendar, "2026-10");
  EXPECT_EQ(statement::moment_text(october.first_ns), "2026-09-30T22:00:00.000000000Z");
  EXPECT_EQ(statement::moment_text(october.last_ns), "2026-10-31T22:59:59.999999999Z");
  EXPECT_EQ(october.last_ns - october.first_ns, (31 * 24 + 1) * kHourNs - 1);
  EXPECT_EQ(october.time_zone, "Europe/Berlin");
}

// Every moment belongs to one day, whatever the zone does.
TEST(Calendar, has_days_without_gaps) {
  const Calendar calendars[] = {berlin(), calendar_of({{Day{1970, 1, 1}, "America/Sao_Paulo"}}),
                                calendar_of({{Day{1970, 1, 1}, "Pacific/Apia"}}),
                                calendar_of({{Day{1970, 1, 1}, "Europe/Helsinki"},
                                             {Day{2011, 12, 31}, "America/New_York"},
                                             {Day{2018, 11, 4}, "Europe/Berlin"}})};
  Random random(11);
  for (const Calendar& calendar : calendars) {
    for (u32 each = 0; each < 2'000; ++each) {
      const u64 moment = random.between(u64{366} * 24 * kHourNs, u64{70} * 366 * 24 * kHourNs);
      const i64 day = statement::day_number(calendar.day_of(moment));
      EXPECT_LE(calendar.first_ns(day), moment);
      EXPECT_GT(calendar.first_ns(day + 1), moment);
      const u64 first = calendar.first_ns(day);
      EXPECT_EQ(statement::day_number(calendar.day_of(first)), day);
      EXPECT_LT(statement::day_number(calendar.day_of(first - 1)), day);
    }
  }
}

TEST(Calendar, keeps_old_days_when_the_zone_changes) {
  const Calendar before = calendar_of({{Day{1970, 1, 1}, "Europe/Helsinki"}});
  const Calendar after =
      calendar_of({{Day{1970, 1, 1}, "Europe/Helsinki"}, {Day{2026, 1, 1}, "Europe/Berlin"}});
  const Period november = period_of(after, "2025-11");
  EXPECT_EQ(november.first_ns, period_of(before, "2025-11").first_ns);
  EXPECT_EQ(november.last_ns, period_of(before, "2025-11").last_ns);
  EXPECT_EQ(november.time_zone, "Europe/Helsinki");
  const Period december = period_of(after, "2025-12");
  EXPECT_EQ(december.first_ns, period_of(before, "2025-12").first_ns);
  EXPECT_EQ(december.last_ns, period_of(before, "2025-12").last_ns + kHourNs);  // 25 hours.
  EXPECT_EQ(period_of(after, "2026-01").first_ns, december.last_ns + 1);
  EXPECT_EQ(period_of(after, "2026").time_zone, "Europe/Berlin");
}

TEST(Calendar, refuses_zones_that_cannot_follow_each_other) {
  EXPECT_FALSE(Calendar::of({}));
  const TimeZone utc = TimeZone::utc();
  const auto twice = Calendar::of({{Day{2026, 1, 1}, utc}, {Day{2026, 1, 1}, utc}});
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("2026-01-01"), std::string::npos);
  const auto skipped = Calendar::of({{Day{1970, 1, 1}, *TimeZone::load("Pacific/Niue")},
                                     {Day{2026, 5, 1}, *TimeZone::load("Pacific/Kiritimati")}});
  ASSERT_FALSE(skipped);
  EXPECT_EQ(skipped.error().message,
            "with Pacific/Kiritimati from 2026-05-01 on, the day before, in Pacific/Niue, would "
            "have no moment");
}

TEST(Period, says_what_was_expected) {
  const Calendar calendar = Calendar::utc();
  for (const char* const wrong :
       {"", "October", "2026-13", "2026-1", "26-10", "2026-02-30", "2026-10/2026-11", "2026-10-03/",
        "/2026-10-03", "2026-10-03/2026-10-17/2026-10-18", "2026-10 "}) {
    const auto period = statement::parse_period(calendar, wrong);
    ASSERT_FALSE(period) << wrong;
    EXPECT_NE(period.error().message.find("2026-10-03/2026-10-17"), std::string::npos);
  }
  EXPECT_NE(statement::parse_period(calendar, "2026-10-17/2026-10-03")
                .error()
                .message.find("ends before it begins"),
            std::string::npos);
  EXPECT_FALSE(statement::parse_period(calendar, "1970"));
  EXPECT_FALSE(statement::parse_period(calendar, "2262-01"));
  EXPECT_TRUE(statement::parse_period(calendar, "2261"));
  const Calendar apia = calendar_of({{Day{1970, 1, 1}, "Pacific/Apia"}});
  EXPECT_FALSE(statement::parse_period(apia, "2011-12-30"));
  EXPECT_TRUE(statement::parse_period(apia, "2011-12"));
}

TEST(Period, follows_the_one_before_without_a_gap) {
  const Calendar calendar = berlin();
  const char* const months[] = {"2023-11", "2023-12", "2024-01", "2024-02", "2024-03", "2024-04"};
  for (usize index = 1; index < std::size(months); ++index) {
    EXPECT_EQ(period_of(calendar, months[index]).first_ns,
              period_of(calendar, months[index - 1]).last_ns + 1);
  }
  EXPECT_EQ(period_of(calendar, "2024-02").last_day, (Day{2024, 2, 29}));
  EXPECT_EQ(period_of(calendar, "2023").last_ns + 1, period_of(calendar, "2024").first_ns);
  const Period days = period_of(calendar, "2024-02-28/2024-03-01");
  EXPECT_EQ(days.first_ns, period_of(calendar, "2024-02-28").first_ns);
  EXPECT_EQ(days.last_ns, period_of(calendar, "2024-03-01").last_ns);
}

TEST(Period, is_numbered_from_that_in_which_the_account_was_opened) {
  const Calendar calendar = berlin();
  // New Year's Eve in Berlin, still the 31st in UTC; and half an hour earlier.
  const u64 opened = period_of(calendar, "2026").first_ns;
  const struct {
    const char* period;
    u64 opened;
    u64 number;
    u64 in_year;
  } lines[] = {
      {"2026-01", opened, 1, 1},        {"2026-01", opened - 1, 2, 1},
      {"2026-12", opened - 1, 13, 12},  {"2027-02", opened - 1, 15, 2},
      {"2025-12", opened - 1, 1, 1},    {"2026", opened, 1, 1},
      {"2028", opened - 1, 4, 1},       {"2026-01-01", opened, 1, 1},
      {"2026-01-01", opened - 1, 2, 1}, {"2026-03-01", opened, 60, 60},
      {"2027-03-01", opened, 425, 60},  {"2026-10-01/2026-10-31", opened, 0, 0},
  };
  for (const auto& line : lines) {
    const Period period = period_of(calendar, line.period);
    EXPECT_EQ(statement::period_number(calendar, period, line.opened), line.number) << line.period;
    EXPECT_EQ(statement::period_number_in_year(calendar, period, line.opened), line.in_year)
        << line.period;
  }
}

TEST(Period, waits_for_its_end_unless_it_was_asked_for_ad_hoc) {
  const Calendar calendar = berlin();
  const Period october = period_of(calendar, "2026-10");
  EXPECT_TRUE(statement::ended_period(calendar, october, october.last_ns + 1, 0));
  const auto early = statement::ended_period(calendar, october, october.last_ns, 0);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().message,
            "the period 2026-10 ends with 2026-10-31T22:59:59.999999999Z (Europe/Berlin): its "
            "statement can be made then. For one up to now, ask for days: 2026-10-01/2026-10-31");

  const Period days = period_of(calendar, "2026-10-01/2026-10-31");
  const u64 now = period_of(calendar, "2026-10-12").first_ns + 5;
  const auto cut = statement::ended_period(calendar, days, now, now - 3);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->last_ns, now - 3);
  EXPECT_EQ(cut->last_day, (Day{2026, 10, 12}));
  EXPECT_EQ(cut->text, "2026-10-01/2026-10-12");
  EXPECT_EQ(statement::file_text(*cut), "2026-10-01--2026-10-12");
  EXPECT_EQ(statement::ended_period(calendar, days, days.last_ns + 1, 0)->last_ns, days.last_ns);
  EXPECT_FALSE(statement::ended_period(calendar, days, days.first_ns - 1, 0));
}

TEST(Calendar, counts_days_over_the_ends_of_months_and_years) {
  struct Case {
    Day day, before;
  };
  for (const Case& each : {Case{{2026, 10, 2}, {2026, 10, 1}}, Case{{2026, 10, 1}, {2026, 9, 30}},
                           Case{{2026, 1, 1}, {2025, 12, 31}}, Case{{2028, 3, 1}, {2028, 2, 29}},
                           Case{{2027, 3, 1}, {2027, 2, 28}}, Case{{2100, 3, 1}, {2100, 2, 28}}}) {
    EXPECT_EQ(statement::day_of_number(statement::day_number(each.day) - 1), each.before)
        << statement::date_text(each.day);
  }
}

}  // namespace florin::test
