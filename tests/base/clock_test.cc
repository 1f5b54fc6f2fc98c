// The system's clocks: durations never run backwards, and the wall clock speaks of this era.
#include "base/clock.h"

#include <chrono>

#include <gtest/gtest.h>

namespace florin {
namespace {

TEST(SystemClock, monotonic_time_never_runs_backwards) {
  SystemClock clock;
  u64 last = clock.monotonic_ns();
  const u64 first = last;
  for (int i = 0; i < 100'000; ++i) {
    const u64 now = clock.monotonic_ns();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GT(last, first);
}

TEST(SystemClock, wall_time_is_nanoseconds_since_the_unix_epoch) {
  SystemClock clock;
  const auto seconds_of = [](auto time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  };
  const auto before = seconds_of(std::chrono::system_clock::now());
  const auto read = static_cast<i64>(clock.wall_time().ns / 1'000'000'000);
  const auto after = seconds_of(std::chrono::system_clock::now());
  EXPECT_LE(before, read);
  EXPECT_LE(read, after);
}

}  // namespace
}  // namespace florin
