// Time zones: their tables, the rules behind them, and files that are none.
#include "statement/time_zone.h"

#include <chrono>

#include <gtest/gtest.h>

namespace florin::test {

using statement::TimeZone;
using statement::ZoneRule;

namespace {

TimeZone zone(const std::string& name) {
  auto loaded = TimeZone::load(name);
  EXPECT_TRUE(loaded) << loaded.error().message;
  return loaded ? *loaded : TimeZone::utc();
}

i64 second_of(int year, unsigned month, unsigned day, i64 hour, i64 minute = 0) {
  using namespace std::chrono;
  const sys_days at = std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day};
  return i64{at.time_since_epoch().count()} * 86'400 + hour * 3600 + minute * 60;
}

i64 day_of(int year, unsigned month, unsigned day) {
  return second_of(year, month, day, 0) / 86'400;
}

std::string big_endian(u64 value, usize width) {
  std::string bytes;
  for (usize index = width; index-- > 0;) bytes += static_cast<char>(value >> (8 * index));
  return bytes;
}

// A file without a table: one offset, and a rule.
std::string made_zone(std::string_view rule, i64 offset) {
  std::string header = "TZif2" + std::string(15, '\0');
  for (const u64 count : {0, 0, 0, 0, 1, 4}) header += big_endian(count, 4);
  const std::string type = big_endian(static_cast<u64>(offset), 4) + std::string(2, '\0');
  const std::string block = header + type + std::string("LMT\0", 4);
  return block + block + "\n" + std::string(rule) + "\n";
}

}  // namespace

TEST(TimeZone, knows_when_clocks_change) {
  struct Line {
    const char* zone;
    i64 moment_s;
    i64 offset_s;
  };
  const Line lines[] = {
      {"Europe/Berlin", second_of(2026, 1, 1, 0), 3600},
      {"Europe/Berlin", second_of(2026, 3, 29, 0, 59), 3600},
      {"Europe/Berlin", second_of(2026, 3, 29, 1), 7200},
      {"Europe/Berlin", second_of(2026, 10, 25, 0, 59), 7200},
      {"Europe/Berlin", second_of(2026, 10, 25, 1), 3600},
      {"Europe/Berlin", second_of(2150, 7, 1, 0), 7200},  // Behind the table.
      {"Europe/Berlin", second_of(2150, 12, 1, 0), 3600},
      {"America/New_York", second_of(2026, 3, 8, 6, 59), -5 * 3600},
      {"America/New_York", second_of(2026, 3, 8, 7), -4 * 3600},
      {"Australia/Lord_Howe", second_of(2026, 1, 1, 0), 11 * 3600},  // Half an hour, in the south.
      {"Australia/Lord_Howe", second_of(2026, 7, 1, 0), 10 * 3600 + 1800},
      {"Australia/Lord_Howe", second_of(2199, 1, 1, 0), 11 * 3600},
      {"Australia/Lord_Howe", second_of(2199, 7, 1, 0), 10 * 3600 + 1800},
      {"Asia/Kolkata", second_of(2026, 7, 1, 0), 5 * 3600 + 1800},
      {"Asia/Kathmandu", second_of(2026, 7, 1, 0), 5 * 3600 + 45 * 60},
      {"America/Sao_Paulo", second_of(2018, 12, 1, 0), -2 * 3600},
      {"America/Sao_Paulo", second_of(2026, 12, 1, 0), -3 * 3600},
      {"UTC", second_of(2026, 7, 1, 0), 0},
  };
  for (const Line& line : lines) {
    EXPECT_EQ(zone(line.zone).at(line.moment_s).offset_s, line.offset_s)
        << line.zone << " at " << line.moment_s;
  }
}

// Summer and winter of every year, against a second way to compute the last Sunday.
TEST(TimeZone, follows_its_rule_for_two_centuries) {
  const TimeZone berlin = zone("Europe/Berlin");
  for (int year = 1996; year <= 2199; ++year) {
    i64 march = day_of(year, 3, 31);
    while ((march + 4) % 7 != 0) --march;  // 1970-01-01 was a Thursday.
    i64 october = day_of(year, 10, 31);
    while ((october + 4) % 7 != 0) --october;
    EXPECT_EQ(berlin.first_second(march + 1) - berlin.first_second(march), 23 * 3600) << year;
    EXPECT_EQ(berlin.first_second(october + 1) - berlin.first_second(october), 25 * 3600) << year;
    EXPECT_EQ(berlin.first_second(march),
              second_of(year, 3, 1, -1) + (march - day_of(year, 3, 1)) * 86'400);
    EXPECT_EQ(berlin.at(march * 86'400 + 3600).until_s, october * 86'400 + 3600) << year;
  }
}

TEST(TimeZone, begins_days_where_clocks_skip_midnight_or_pass_it_twice) {
  // Sao Paulo went from 00:00 to 01:00 on 2018-11-04, and from 00:00 back to 23:00 on 2018-02-18.
  const TimeZone sao_paulo = zone("America/Sao_Paulo");
  EXPECT_EQ(sao_paulo.first_second(day_of(2018, 11, 4)), second_of(2018, 11, 4, 3));
  EXPECT_EQ(sao_paulo.first_second(day_of(2018, 11, 5)), second_of(2018, 11, 5, 2));
  EXPECT_EQ(sao_paulo.first_second(day_of(2018, 2, 17)), second_of(2018, 2, 17, 2));
  EXPECT_EQ(sao_paulo.first_second(day_of(2018, 2, 18)), second_of(2018, 2, 18, 3));
  // Samoa left out 2011-12-30.
  const TimeZone apia = zone("Pacific/Apia");
  EXPECT_EQ(apia.first_second(day_of(2011, 12, 30)), apia.first_second(day_of(2011, 12, 31)));
  EXPECT_LT(apia.first_second(day_of(2011, 12, 29)), apia.first_second(day_of(2011, 12, 30)));
}

TEST(TimeZone, reads_every_form_of_rule) {
  EXPECT_TRUE(ZoneRule::parse("UTC0"));
  EXPECT_TRUE(ZoneRule::parse("CET-1CEST,M3.5.0,M10.5.0/3"));
  EXPECT_TRUE(ZoneRule::parse("<+0330>-3:30<+0430>,J79/24,J263/24"));
  EXPECT_TRUE(ZoneRule::parse("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"));
  EXPECT_EQ(ZoneRule::parse("<+0545>-5:45")->standard_s, 5 * 3600 + 45 * 60);
  EXPECT_EQ(ZoneRule::parse("EST5EDT,M3.2.0,M11.1.0")->summer->offset_s, -4 * 3600);
  EXPECT_EQ(ZoneRule::parse("EST5EDT3,M3.2.0,M11.1.0")->summer->offset_s, -3 * 3600);
  for (const char* const wrong :
       {"", "5", "CE-1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J3",
        "CET-1CEST,366,3", "CET-1CEST,M3.5.0,M10.5.0x", "CET-168", "<CET-1", "CET--1"}) {
    EXPECT_FALSE(ZoneRule::parse(wrong)) << wrong;
  }
}

TEST(TimeZone, understands_days_of_the_year) {
  // The 60th day by J is the 1st of March in every year; without, the 29th of February of a leap
  // year.
  const auto julian = TimeZone::of_bytes(made_zone("AAA0BBB,J60/0,J200/0", 0), "made", "made");
  const auto plain = TimeZone::of_bytes(made_zone("AAA0BBB,59/0,200/0", 0), "made", "made");
  ASSERT_TRUE(julian && plain);
  EXPECT_EQ(julian->at(second_of(2028, 2, 29, 12)).offset_s, 0);
  EXPECT_EQ(julian->at(second_of(2028, 3, 1, 12)).offset_s, 3600);
  EXPECT_EQ(julian->at(second_of(2027, 2, 28, 12)).offset_s, 0);
  EXPECT_EQ(julian->at(second_of(2027, 3, 1, 12)).offset_s, 3600);
  EXPECT_EQ(plain->at(second_of(2028, 2, 29, 12)).offset_s, 3600);
  EXPECT_EQ(plain->at(second_of(2027, 2, 28, 12)).offset_s, 0);
  // Summer all the year, as RFC 8536 shows it.
  const auto always = TimeZone::of_bytes(made_zone("AAA3BBB,0/0,J365/23", 0), "made", "made");
  ASSERT_TRUE(always);
  for (i64 hour = 0; hour < 24 * 800; hour += 7) {
    EXPECT_EQ(always->at(second_of(2027, 1, 1, hour)).offset_s, -2 * 3600) << hour;
  }
}

TEST(TimeZone, refuses_what_is_none) {
  for (const char* const name : {"", "Berlin", "Europe/Nowhere", "../zoneinfo/UTC/x", "/etc/hosts",
                                 "Europe", "zone.tab", "Europe/Ber lin"}) {
    const auto loaded = TimeZone::load(name);
    ASSERT_FALSE(loaded) << name;
    EXPECT_NE(loaded.error().message.find("Europe/Berlin"), std::string::npos)
        << loaded.error().message;
  }
  const auto nowhere = TimeZone::load("UTC", "/nonexistent");
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("tzdata"), std::string::npos);
}

TEST(TimeZone, refuses_damaged_files_wherever_they_end) {
  const std::string whole = made_zone("CET-1CEST,M3.5.0,M10.5.0/3", 3600);
  ASSERT_TRUE(TimeZone::of_bytes(whole, "made", "made"));
  for (usize bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_FALSE(TimeZone::of_bytes(std::string_view(whole).substr(0, bytes), "made", "made"))
        << bytes;
  }
  EXPECT_FALSE(TimeZone::of_bytes(made_zone("CET-1CEST,M3", 3600), "made", "made"));
  EXPECT_FALSE(TimeZone::of_bytes(made_zone("", 200'000), "made", "made"));
  EXPECT_TRUE(TimeZone::of_bytes(made_zone("", 3600), "made", "made"));
}

}  // namespace florin::test
