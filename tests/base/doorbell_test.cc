// Doorbell and Progress: no wake-up is missed, whoever comes first, and none is paid for when
// nobody sleeps.
#include "base/doorbell.h"

#include <array>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"

namespace florin {
namespace {

// Far longer than any scheduling delay: a wait that lasts so long was never woken.
constexpr int kMissedAfterMs = 30'000;

bool readable(int descriptor) {
  pollfd waited{descriptor, POLLIN, 0};
  return poll(&waited, 1, 0) == 1;
}

TEST(Doorbell, ring_leaves_no_mark_when_nobody_sleeps) {
  Doorbell bell;
  bell.ring();
  EXPECT_FALSE(readable(bell.descriptor()));
  bell.arm();
  bell.disarm();
  bell.ring();
  EXPECT_FALSE(readable(bell.descriptor()));
}

TEST(Doorbell, ring_of_an_armed_bell_is_readable_until_cleared) {
  Doorbell bell;
  bell.arm();
  bell.ring();
  EXPECT_TRUE(readable(bell.descriptor()));
  bell.clear();
  EXPECT_FALSE(readable(bell.descriptor()));
}

TEST(Doorbell, wait_returns_at_once_when_rung_between_arm_and_wait) {
  Doorbell bell;
  bell.arm();
  bell.ring();
  bell.wait({}, -1);
  EXPECT_FALSE(readable(bell.descriptor()));
  bell.ring();  // The wait disarmed it.
  EXPECT_FALSE(readable(bell.descriptor()));
}

TEST(Doorbell, wait_ends_when_its_time_is_over) {
  Doorbell bell;
  SystemClock clock;
  const u64 start = clock.monotonic_ns();
  bell.arm();
  bell.wait({}, 5);
  EXPECT_GE(clock.monotonic_ns() - start, 4'000'000U);
}

TEST(Doorbell, wait_returns_when_another_descriptor_is_readable) {
  Doorbell bell;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  const std::array others{-1, ends[0]};
  bell.arm();
  bell.wait(others, -1);
  EXPECT_TRUE(readable(ends[0]));
  close(ends[0]);
  close(ends[1]);
}

// One side of a game of catch: waits for the other's number, then publishes its own.
struct Player {
  Doorbell bell;
  Progress done;
};

// Returns false when a wake-up was missed.
bool wait_for(Player& self, const Progress& awaited, u64 number) {
  SystemClock clock;
  while (awaited.get() < number) {
    self.bell.arm();
    if (awaited.get() >= number) {
      self.bell.disarm();
      return true;
    }
    const u64 start = clock.monotonic_ns();
    self.bell.wait({}, kMissedAfterMs);
    if (clock.monotonic_ns() - start >= u64{kMissedAfterMs} * 1'000'000) return false;
  }
  return true;
}

TEST(Doorbell, no_wake_up_is_missed_between_two_threads) {
  constexpr u64 kRounds = 5'000;
  Player left;
  Player right;
  u64 shared = 0;  // Written by turns: Progress must carry it across.
  std::thread other([&] {
    for (u64 round = 1; round <= kRounds; ++round) {
      if (!wait_for(right, left.done, round)) return;
      ++shared;
      right.done.publish(round);
      left.bell.ring();
    }
  });
  bool all_woken = true;
  for (u64 round = 1; round <= kRounds && all_woken; ++round) {
    ++shared;
    left.done.publish(round);
    right.bell.ring();
    all_woken = wait_for(left, right.done, round);
  }
  other.join();
  EXPECT_TRUE(all_woken);
  EXPECT_EQ(shared, 2 * kRounds);
}

}  // namespace
}  // namespace florin
