// Dates and times as files write them.
#include "importer/moment_format.h"

#include <gtest/gtest.h>

#include "tests/importer/moments.h"

namespace florin::importer {
namespace {

using test::kDay;
using test::kJanuary5;

constexpr u64 kHour = 3600 * kNsPerSecond;

MomentFormat format_of(const char* form, MomentFormat::Local local = {}) {
  const auto format = MomentFormat::of(form, local);
  EXPECT_TRUE(format.has_value()) << form;
  return *format;
}

TEST(MomentFormat, reads_what_is_of_its_form) {
  const struct {
    const char* form;
    const char* text;
    u64 expected;
  } kCases[] = {
      {"%y%m%d", "930105", kJanuary5},
      {"%Y-%m-%d", "1993-01-05", kJanuary5},
      {"%d.%m.%Y %H:%M:%S", "05.01.1993 01:00:00", kJanuary5 + kHour},
      {"%d.%m.%Y %H:%M:%S", "05.01.1993 01:00:00.25", kJanuary5 + kHour + kNsPerSecond / 4},
      {"%y%m%d", "680101", 35794 * kDay},  // 2068
      {"iso8601", "1993-01-05", kJanuary5},
      {"iso8601", "1993-01-05T01:00", kJanuary5 + kHour},
      {"iso8601", "1993-01-05 01:00:00.000000001Z", kJanuary5 + kHour + 1},
      {"iso8601", "1993-01-05T01:00:00+01:00", kJanuary5},
      {"iso8601", "1993-01-04T22:30:00-0130", kJanuary5},
      {"epoch_s", "726192000", kJanuary5},
      {"epoch_ms", "726192000001", kJanuary5 + kNsPerMs},
      {"epoch_us", "726192000000001", kJanuary5 + 1000},
      {"epoch_ns", "726192000000000001", kJanuary5 + 1},
  };
  for (const auto& each : kCases) {
    EXPECT_EQ(format_of(each.form).parse(each.text), each.expected)
        << each.form << " " << each.text;
  }
  EXPECT_EQ(MomentFormat().parse("726192000000000001"), kJanuary5 + 1);
  EXPECT_EQ(MomentFormat().parse("1993-01-05"), kJanuary5);
}

TEST(MomentFormat, refuses_what_is_not_of_its_form) {
  const struct {
    const char* form;
    const char* text;
  } kCases[] = {
      {"%y%m%d", "93010"},
      {"%y%m%d", "9301051"},
      {"%y%m%d", "930230"},
      {"%y%m%d", "931301"},
      {"%y%m%d", "93-105"},
      {"%Y-%m-%d", "1969-12-31"},
      {"iso8601", "1993-01-05T"},
      {"iso8601", "1993-01-05T24:00"},
      {"iso8601", "1993-01-05T01:00X"},
      {"iso8601", "1993-01-05T01:00:00."},
      {"epoch_s", "-1"},
      {"epoch_s", "1.5"},
      {"epoch_s", "9223372037"},
      {"iso8601", ""},
      {"iso8601", "2263-01-01"},
  };
  for (const auto& each : kCases) {
    EXPECT_EQ(format_of(each.form).parse(each.text), std::nullopt) << each.form << " " << each.text;
  }
}

TEST(MomentFormat, adds_the_bank_s_time_of_day_and_takes_off_its_zone) {
  const MomentFormat noon_in_prague =
      format_of("%y%m%d", {.zone_seconds = 3600, .time_of_day_ns = 12 * kHour});
  EXPECT_EQ(noon_in_prague.parse("930105"), kJanuary5 + 11 * kHour);
  const MomentFormat iso =
      format_of("iso8601", {.zone_seconds = 3600, .time_of_day_ns = 12 * kHour});
  EXPECT_EQ(iso.parse("1993-01-05"), kJanuary5 + 11 * kHour);
  EXPECT_EQ(iso.parse("1993-01-05T05:00"), kJanuary5 + 4 * kHour) << "it has a time of its own";
  EXPECT_EQ(iso.parse("1993-01-05T05:00Z"), kJanuary5 + 5 * kHour) << "it has a zone of its own";
}

TEST(MomentFormat, refuses_forms_that_name_no_day) {
  for (const char* form : {"%Y-%m", "%q%m%d", "date", "%Y%m%", ""}) {
    EXPECT_FALSE(MomentFormat::of(form, {}).has_value()) << form;
  }
}

TEST(MomentFormat, reads_zones_and_times_of_day) {
  EXPECT_EQ(parse_zone("Z"), 0);
  EXPECT_EQ(parse_zone("+05:30"), 19'800);
  EXPECT_EQ(parse_zone("-03"), -10'800);
  EXPECT_EQ(parse_zone("CET"), std::nullopt);
  EXPECT_EQ(parse_zone("+25:00"), std::nullopt);
  EXPECT_EQ(parse_time_of_day("23:59:59"), kDay - kNsPerSecond);
  EXPECT_EQ(parse_time_of_day("24:00"), std::nullopt);
  EXPECT_EQ(parse_time_of_day("noon"), std::nullopt);
}

}  // namespace
}  // namespace florin::importer
