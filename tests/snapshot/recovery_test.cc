// Recovery to any moment, by one thread or several, and what it tells on the way.
#include "replay/recovery.h"

#include <gtest/gtest.h>

#include "replay/executor.h"
#include "tests/snapshot/logged_ledger.h"
#include "wal/segment_directory.h"

namespace florin::test {
namespace {

void run_to_the_end(LoggedLedger& ledger) {
  ASSERT_TRUE(ledger.start());
  for (int snapshots = 0; snapshots < 2; ++snapshots) {
    ASSERT_TRUE(ledger.run(50));
    const auto taken = ledger.take_snapshot(5);
    ASSERT_TRUE(taken && taken->status);
  }
  ASSERT_TRUE(ledger.run(50));
  ledger.finish();
}

TEST(RecoveryUntil, any_position_gives_the_state_at_the_request_before_it) {
  SimStorage disk(1);
  LoggedLedger ledger(disk, 1, {.archive = true, .requests_max = 6});
  run_to_the_end(ledger);
  u64 from_snapshots = 0;
  u64 from_the_first = 0;
  for (u64 position = 0; position <= ledger.position().value; ++position) {
    SCOPED_TRACE("position " + std::to_string(position));
    auto options = recovery_options(1 + position % 3, 1 + position % 2);
    options.until.position = Position{position};
    const auto recovered = recover_from(disk, options);
    ASSERT_TRUE(recovered) << recovered.error().message;
    const u64 reached = std::prev(ledger.digests().upper_bound(position))->first;
    ASSERT_EQ(recovered->order.position.value, reached);
    ASSERT_EQ(recovered->order.last_timestamp, ledger.timestamps().at(reached));
    ASSERT_EQ(recovered->engine->digest(), ledger.digests().at(reached));
    (recovered->snapshot ? from_snapshots : from_the_first) += 1;
  }
  EXPECT_GT(from_snapshots, 100U);
  EXPECT_GT(from_the_first, 100U);
}

TEST(RecoveryUntil, any_time_gives_the_state_at_the_last_request_that_was_over) {
  SimStorage disk(2);
  LoggedLedger ledger(disk, 2, {.archive = true});
  run_to_the_end(ledger);
  for (auto at = std::next(ledger.timestamps().begin()); at != ledger.timestamps().end(); ++at) {
    for (const u64 time : {at->second, at->second - 1}) {
      auto options = recovery_options();
      options.until.time = Timestamp{time};
      const auto recovered = recover_from(disk, options);
      ASSERT_TRUE(recovered) << recovered.error().message;
      const u64 expected = time == at->second ? at->first : std::prev(at)->first;
      ASSERT_EQ(recovered->order.position.value, expected);
    }
  }
}

TEST(RecoveryThreads, find_the_same_damage_and_the_same_end_as_one) {
  SimStorage disk(3);
  LoggedLedger ledger(disk, 3, {.archive = true});
  run_to_the_end(ledger);
  const DiskImage image = disk.image();
  Random random(3);
  u64 refusals = 0;
  u64 ends = 0;
  for (u64 damage = 0; damage < 60 * soak_factor(); ++damage) {
    SimStorage damaged(3, image);
    const u64 segments = wal::list_segments(disk, "/data/log")->size();
    const std::string path = wal::segment_path("/data/log", random.between(1, segments));
    const u64 offset = random.below(image.files.at(path).size());
    damaged.damage(path, offset, image.files.at(path)[offset] ^ std::byte{4});
    auto alone = recovery_options(1, 1);
    auto together = recovery_options(1, 3);
    alone.snapshot_directory.clear();
    together.snapshot_directory.clear();
    const auto first = recover_from(damaged, alone);
    const auto second = recover_from(damaged, together);
    ASSERT_EQ(first.has_value(), second.has_value()) << path << " at " << offset;
    if (first) {
      EXPECT_EQ(first->engine->digest(), second->engine->digest());
      EXPECT_EQ(first->end, second->end);
      ++ends;
    } else {
      EXPECT_EQ(first.error().message, second.error().message);
      ++refusals;
    }
  }
  EXPECT_GT(refusals, 5U);
  EXPECT_GT(ends, 0U);
}

// The thread that reads is ahead, and nobody takes what it has read.
TEST(RecoveryThreads, end_when_what_is_executed_is_refused) {
  SimStorage disk(4);
  LoggedLedger ledger(disk, 4, {.archive = true});
  run_to_the_end(ledger);
  auto options = recovery_options(2, 3);
  options.snapshot_directory.clear();
  options.limits.accounts_max = 3;
  const auto recovered = recover_from(disk, options);
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, ErrorCode::Capacity);
}

TEST(RecoveryProgress, reports_both_phases_with_what_is_left_of_each) {
  // Every look at it takes 30 ms.
  class SlowClock final : public Clock {
   public:
    Timestamp wall_time() override { return {1}; }
    u64 monotonic_ns() override { return now_ns_ += 30'000'000; }

   private:
    u64 now_ns_ = 0;
  };
  SimStorage disk(5);
  LoggedLedger ledger(disk, 5);
  run_to_the_end(ledger);
  SlowClock clock;
  u64 reports[2] = {};
  u64 estimates[2] = {};
  u64 last_read[2] = {};
  const auto recovered =
      replay::recover(disk, clock, recovery_options(), [&](const replay::RecoveryProgress& p) {
        const auto phase = static_cast<usize>(p.phase);
        ++reports[phase];
        estimates[phase] += p.left_ns ? 1 : 0;
        EXPECT_LE(p.bytes_read, p.bytes_total);
        EXPECT_GE(p.bytes_read, last_read[phase]);
        last_read[phase] = p.bytes_read;
        EXPECT_TRUE(phase == 0 || p.events > 0);
      });
  ASSERT_TRUE(recovered) << recovered.error().message;
  for (const usize phase : {0U, 1U}) {
    EXPECT_GT(reports[phase], 1U);
    EXPECT_GT(estimates[phase], 0U);
  }
  EXPECT_GT(recovered->duration_ns, 0U);
  EXPECT_GT(recovered->log_bytes, 0U);
  EXPECT_GT(recovered->snapshot_bytes, 0U);
}

TEST(RecoveryChain, has_the_last_blocks_and_the_cut) {
  SimStorage disk(6);
  LoggedLedger ledger(disk, 6);
  run_to_the_end(ledger);
  const auto all = recover_from(disk, recovery_options());
  ASSERT_TRUE(all);
  ASSERT_EQ(all->chain.size(), all->blocks + 1);
  EXPECT_EQ(all->chain.front().position, all->snapshot->log.position);
  EXPECT_EQ(all->chain.front().chain, all->snapshot->log.chain);
  EXPECT_EQ(all->chain.back().chain, all->end.chain);
  auto options = recovery_options();
  options.blocks_remembered = 5;
  const auto some = recover_from(disk, options);
  ASSERT_TRUE(some);
  ASSERT_EQ(some->chain.size(), 5U);
  EXPECT_EQ(some->chain.back().chain, all->end.chain);
}

TEST(RecoveryOutcomes, that_the_log_does_not_have_yet_are_handed_on) {
  u64 unlogged = 0;
  for (u64 seed = 1; seed <= 10; ++seed) {
    SimStorage disk(seed);
    LoggedLedger ledger(disk, seed);
    run_to_the_end(ledger);
    auto recovered = recover_from(disk, recovery_options());
    ASSERT_TRUE(recovered);
    unlogged += recovered->unlogged_outcomes.bytes();
    // A ledger that goes on logs them, and the next recovery compares them.
    LoggedLedger next(disk, seed + 100);
    ASSERT_TRUE(next.start());
    ASSERT_TRUE(next.run(30));
    next.finish();
    const auto again = recover_from(disk, recovery_options());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_GT(again->blocks_compared, recovered->blocks_compared);
  }
  EXPECT_GT(unlogged, 0U);
}

}  // namespace
}  // namespace florin::test
