// Moments, cursors and signed numbers out of text, and what is none.
#include "cli/value_parser.h"

#include <gtest/gtest.h>

#include "cli/value_text.h"

namespace florin::cli {
namespace {

constexpr u64 kDay = 86'400 * kNsPerSecond;

TEST(ValueParser, reads_moments_in_utc) {
  struct Moment {
    const char* text;
    u64 first;
    u64 last;  // As a last moment.
  };
  const Moment moments[] = {
      {"1970-01-01", 0, kDay - 1},
      {"1970-01-02", kDay, 2 * kDay - 1},
      {"2026-10-01", 1'790'812'800 * kNsPerSecond, 1'790'899'200 * kNsPerSecond - 1},
      {"2024-02-29", 1'709'164'800 * kNsPerSecond, 1'709'251'200 * kNsPerSecond - 1},
      {"1970-01-01T00:00:01Z", kNsPerSecond, kNsPerSecond},
      {"1970-01-01T00:00:01", kNsPerSecond, kNsPerSecond},
      {"1970-01-01 01:02:03.5", 3723 * kNsPerSecond + 500'000'000,
       3723 * kNsPerSecond + 500'000'000},
      {"1970-01-01T23:59:59.999999999Z", kDay - 1, kDay - 1},
      {"1970-01-01T00:00:00.000000001", 1, 1},
      {"2262-04-11T23:47:16.854775807Z", (u64{1} << 63) - 1, (u64{1} << 63) - 1},
  };
  for (const Moment& moment : moments) {
    EXPECT_EQ(parse_moment(moment.text, DateMeans::FirstMoment), moment.first) << moment.text;
    EXPECT_EQ(parse_moment(moment.text, DateMeans::LastMoment), moment.last) << moment.text;
  }
}

TEST(ValueParser, reads_the_times_that_tables_show) {
  const Timestamp timestamp{1'790'812'800'123'456'789};
  EXPECT_EQ(parse_moment(time_text(timestamp), DateMeans::FirstMoment), timestamp.ns);
}

TEST(ValueParser, refuses_what_is_no_moment) {
  for (const char* text : {"",
                           "2026",
                           "2026-10",
                           "2026-1-1",
                           "2026-02-29",
                           "2026-13-01",
                           "2026-10-00",
                           "2026-10-32",
                           "1969-12-31",
                           "2026-10-01T",
                           "2026-10-01T12",
                           "2026-10-01T12:00",
                           "2026-10-01T24:00:00",
                           "2026-10-01T12:60:00",
                           "2026-10-01T12:00:60",
                           "2026-10-01T12:00:00.",
                           "2026-10-01Z",
                           "2026-10-01T12:00:00.1234567890",
                           "2026-10-01T12:00:00+02:00",
                           "2026-10-01x",
                           "-1-10-01",
                           "2026-10-01T12:00:00ZZ",
                           "2262-04-11T23:47:16.854775808Z",
                           "9999-12-31",
                           "20261-10-01"}) {
    EXPECT_EQ(parse_moment(text, DateMeans::FirstMoment), std::nullopt) << text;
  }
}

TEST(ValueParser, reads_each_form) {
  EXPECT_EQ(parse_value(FieldForm::Time, "1790812800000000000"), 1'790'812'800'000'000'000u);
  EXPECT_EQ(parse_value(FieldForm::LastTime, "1970-01-01"), kDay - 1);
  EXPECT_EQ(parse_value(FieldForm::Time, "18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_value(FieldForm::PendingStatus, "pending"), u128{1});
  EXPECT_EQ(parse_value(FieldForm::PendingStatus, "expired"), u128{4});
  EXPECT_EQ(parse_value(FieldForm::PendingStatus, "0"), u128{0});
  EXPECT_EQ(parse_value(FieldForm::PendingStatus, ""), std::nullopt);
}

TEST(ValueParser, reads_cursors_with_and_without_an_index) {
  EXPECT_EQ(parse_cursor("100:250"), (ledger::QueryCursor{100, 250, 0}));
  EXPECT_EQ(parse_cursor("100:250:3"), (ledger::QueryCursor{100, 250, 3}));
  EXPECT_EQ(parse_cursor("0:18446744073709551615"), (ledger::QueryCursor{0, ~u64{0}, 0}));
  for (const char* none : {"", "100", ":", "1:", ":1", "1:2:", "1::2", "1:2:3:4", "a:b", "1:2:c",
                           "1:18446744073709551616", "1:2:18446744073709551616"}) {
    EXPECT_EQ(parse_cursor(none), std::nullopt) << none;
  }
}

TEST(ValueParser, reads_what_a_cursor_is_written_as) {
  for (const ledger::QueryCursor cursor :
       {ledger::QueryCursor{7, ~u64{0}}, ledger::QueryCursor{7, 8, 9}, ledger::QueryCursor{7, 0, 9},
        ledger::QueryCursor{}}) {
    EXPECT_EQ(parse_cursor(cursor_text(cursor)), cursor) << cursor_text(cursor);
  }
}

TEST(ValueText, tells_places_and_kinds_of_changes) {
  EXPECT_EQ(place_text(1234, 0), "1234");
  EXPECT_EQ(place_text(1234, 5), "1234:5");
  EXPECT_EQ(change_kind_name(1), "account_created");
  EXPECT_EQ(change_kind_name(4), "hold_expired");
  EXPECT_EQ(change_kind_name(5), "transfer_refused");
  EXPECT_EQ(change_kind_name(6), "");
}

TEST(ValueParser, puts_signs_before_amounts_up_to_the_edges) {
  constexpr u128 kLeast = u128{1} << 127;
  EXPECT_EQ(parse_signed("0"), u128{0});
  EXPECT_EQ(parse_signed("-0"), u128{0});
  EXPECT_EQ(parse_signed("-1"), kU128Max);
  EXPECT_EQ(with_sign(false, kLeast - 1), kLeast - 1);
  EXPECT_EQ(with_sign(false, kLeast), std::nullopt);
  EXPECT_EQ(with_sign(true, kLeast), kLeast);
  EXPECT_EQ(with_sign(true, kLeast + 1), std::nullopt);
  for (const char* none : {"", "-", "--1", "+1", "1-", " 1"}) {
    EXPECT_EQ(parse_signed(none), std::nullopt) << none;
  }
}

TEST(ValueText, tells_durations_in_the_largest_unit_in_which_they_are_whole) {
  EXPECT_EQ(duration_text(60), "1 min");
  EXPECT_EQ(duration_text(61), "61 s");
  EXPECT_EQ(duration_text(7200), "2 h");
  EXPECT_EQ(duration_text(30 * 86'400), "30 d");
}

}  // namespace
}  // namespace florin::cli
