// Witnesses judged against what the log was, also while it grows.
#include "pipeline/log_history.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace florin::pipeline {
namespace {

// The log of these tests: every other block has no events.
ChainPoint point(u64 number) { return {Position{number / 2 * 3}, u128{number} << 64 | number}; }

TEST(LogHistory, judges_witnesses) {
  LogHistory history;
  EXPECT_EQ(history.newest(), ChainPoint{});
  for (u64 number = 1; number <= 10; ++number) history.add(point(number));
  struct Row {
    const char* what;
    ChainPoint witness;
    WitnessFinding finding;
  };
  const Row rows[] = {
      {"nothing seen", {}, WitnessFinding::Agrees},
      {"the newest", point(10), WitnessFinding::Agrees},
      {"the first", point(1), WitnessFinding::Agrees},
      {"one in the middle", point(4), WitnessFinding::Agrees},
      {"its position, before a block without events", point(5), WitnessFinding::Agrees},
      {"a chain of another position", {Position{6}, 9}, WitnessFinding::Differs},
      {"a position inside a block", {Position{7}, point(4).chain}, WitnessFinding::Differs},
      {"another beginning", {Position{0}, 77}, WitnessFinding::Differs},
      {"another newest", {point(10).position, 77}, WitnessFinding::Differs},
      {"beyond the end", {Position{16}, point(10).chain}, WitnessFinding::Behind},
  };
  for (const Row& row : rows) EXPECT_EQ(history.check(row.witness), row.finding) << row.what;
  EXPECT_EQ(history.newest(), point(10));
}

TEST(LogHistory, knows_nothing_older_than_what_it_was_given) {
  LogHistory history;
  const ChainPoint points[] = {point(20), point(22)};
  history.restart(points);
  EXPECT_EQ(history.newest(), point(22));
  EXPECT_EQ(history.check(point(22)), WitnessFinding::Agrees);
  EXPECT_EQ(history.check(point(20)), WitnessFinding::Agrees);
  EXPECT_EQ(history.check({point(21).position, 1}), WitnessFinding::Unknown);  // As of before 20.
  EXPECT_EQ(history.check({Position{31}, 1}), WitnessFinding::Differs);
  EXPECT_EQ(history.check(point(18)), WitnessFinding::Unknown);
  EXPECT_EQ(history.check(point(24)), WitnessFinding::Behind);
}

TEST(LogHistory, forgets_the_oldest) {
  LogHistory history;
  constexpr u64 kCount = 3 * LogHistory::kPointsMax + 10;
  for (u64 number = 1; number <= kCount; ++number) history.add(point(number));
  EXPECT_EQ(history.check(point(kCount)), WitnessFinding::Agrees);
  EXPECT_EQ(history.check(point(kCount - LogHistory::kPointsMax + 4)), WitnessFinding::Agrees);
  EXPECT_EQ(history.check(point(kCount - LogHistory::kPointsMax - 4)), WitnessFinding::Unknown);
  EXPECT_EQ(history.check({Position{1}, 1}), WitnessFinding::Unknown);
}

TEST(LogHistory, is_asked_while_it_grows) {
  constexpr u64 kCount = 4 * LogHistory::kPointsMax;
  LogHistory history;
  std::atomic<bool> done{false};
  std::atomic<u64> wrong{0};
  std::atomic<u64> asked{0};
  const auto ask = [&] {
    while (!done.load(std::memory_order_acquire)) {
      const ChainPoint newest = history.newest();
      const u64 number = low_half(newest.chain);
      if (newest != point(number)) wrong.fetch_add(1);
      const auto seen = history.check(newest);
      if (seen != WitnessFinding::Agrees && seen != WitnessFinding::Unknown) wrong.fetch_add(1);
      if (history.check({newest.position, 1}) == WitnessFinding::Agrees && number != 0) {
        wrong.fetch_add(1);
      }
      asked.fetch_add(1, std::memory_order_release);
    }
  };
  std::thread first(ask);
  std::thread second(ask);
  for (u64 number = 1; number <= kCount; ++number) history.add(point(number));
  while (asked.load(std::memory_order_acquire) < 100) std::this_thread::yield();
  done.store(true, std::memory_order_release);
  first.join();
  second.join();
  EXPECT_EQ(wrong.load(), 0U);
  EXPECT_EQ(history.newest(), point(kCount));
}

}  // namespace
}  // namespace florin::pipeline
