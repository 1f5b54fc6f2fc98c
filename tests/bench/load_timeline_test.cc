// Intervals of a timeline: what falls into which, empty ones, events, and their CSV.
#include "bench/load_timeline.h"

#include <gtest/gtest.h>

namespace florin::bench {
namespace {

constexpr u64 kTimelineBeginNs = 5'000;

u64 at(u64 ms) { return kTimelineBeginNs + ms * kNsPerMs; }

TEST(Timeline, has_a_row_for_each_interval_with_or_without_answers) {
  Timeline timeline(kTimelineBeginNs);
  timeline.answered(at(1), 100'000, 10);
  timeline.answered(at(9), 300'000, 5);
  timeline.answered(at(10), 7'000, 1);  // The first of the next interval.
  timeline.answered(at(45), 40 * kNsPerMs, 2);
  timeline.finish();
  const auto& rows = timeline.rows();
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[0].transfers, 15u);
  EXPECT_EQ(rows[0].requests, 2u);
  EXPECT_NEAR(static_cast<double>(rows[0].p50_ns), 100e3, 1e3);
  EXPECT_EQ(rows[0].max_ns, 300'000u);
  EXPECT_EQ(rows[1].transfers, 1u);
  EXPECT_EQ(rows[1].max_ns, 7'000u);  // Not what the interval before had.
  EXPECT_EQ(rows[2].requests + rows[3].requests, 0u);
  EXPECT_EQ(rows[3].max_ns, 0u);
  EXPECT_EQ(rows[4].begin_ns, 40 * kNsPerMs);
  EXPECT_EQ(rows[4].max_ns, 40 * kNsPerMs);
}

TEST(Timeline, marks_events_where_they_happened) {
  Timeline timeline(kTimelineBeginNs);
  timeline.mark(at(12), "asked");
  timeline.mark(at(13), "answered");
  timeline.finish();
  ASSERT_EQ(timeline.rows().size(), 2u);
  EXPECT_EQ(timeline.rows()[0].events, "");
  EXPECT_EQ(timeline.rows()[1].events, "asked; answered");
}

TEST(Timeline, its_csv_has_a_header_and_units) {
  Timeline timeline(kTimelineBeginNs);
  timeline.answered(at(0), 100'000, 3);
  timeline.mark(at(11), "asked");
  timeline.finish();
  EXPECT_EQ(timeline.to_csv(),
            "ms,transfers,requests,p50_us,p99_us,max_us,event\n"
            "0,3,1,100.0,100.0,100.0,\n"
            "10,0,0,0.0,0.0,0.0,asked\n");
}

}  // namespace
}  // namespace florin::bench
