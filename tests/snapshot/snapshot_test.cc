// What a snapshot holds is what the ledger was at its cut, whatever ran meanwhile.
#include <gtest/gtest.h>

#include "snapshot/directory.h"
#include "snapshot/reader.h"
#include "tests/snapshot/logged_ledger.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

constexpr u64 kSeeds = kSanitized ? 8 : 60;

// A ledger with two snapshots and a log behind them.
void run_a_life(LoggedLedger& ledger, u64 seed) {
  ASSERT_TRUE(ledger.start());
  ASSERT_TRUE(ledger.run(20 + seed % 30));
  for (int snapshots = 0; snapshots < 3; ++snapshots) {
    const auto taken = ledger.take_snapshot(10 + seed % 20);
    ASSERT_TRUE(taken);
    ASSERT_TRUE(taken->status) << taken->status.error().message;
    ASSERT_TRUE(ledger.run(seed % 15));
  }
}

TEST(Snapshot, and_the_log_behind_it_give_the_whole_state_for_any_partitions_and_threads) {
  u64 behind = 0;
  u64 compared = 0;
  for (u64 seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimStorage disk(seed);
    LoggedLedger ledger(disk, seed, {.partitions = 1 + static_cast<u32>(seed % 4)});
    run_a_life(ledger, seed);
    ASSERT_FALSE(HasFatalFailure());
    const engine::StateDigest digest = ledger.engine().digest();
    const DiskImage image = disk.image();
    for (const u32 partitions : {1U, 2U, 3U, 8U}) {
      SimStorage copy(seed, image);
      const auto recovered =
          recover_from(copy, recovery_options(partitions, 1 + (seed + partitions) % 3));
      ASSERT_TRUE(recovered) << recovered.error().message;
      ASSERT_TRUE(recovered->snapshot);
      EXPECT_TRUE(recovered->rejected.empty());
      EXPECT_EQ(recovered->engine->digest(), digest);
      EXPECT_TRUE(recovered->engine->verify());
      EXPECT_EQ(recovered->order.position, ledger.position());
      EXPECT_EQ(recovered->order.last_timestamp, ledger.last_timestamp());
      EXPECT_EQ(recovered->events,
                ledger.position().value - recovered->snapshot->log.position.value);
      EXPECT_NE(recovered->segments_needed_from, 0U);
      EXPECT_EQ(recovered->chain.back().position, ledger.position());
      EXPECT_EQ(recovered->chain.back().chain, recovered->end.chain);
      behind += recovered->events;
      compared += recovered->blocks_compared;
    }
  }
  // Controls: there was something behind the snapshots, and it was compared.
  EXPECT_GT(behind, 1'000U);
  EXPECT_GT(compared, 100U);
}

TEST(Snapshot, equals_the_execution_of_the_whole_log) {
  for (u64 seed = 1; seed <= fewer(20); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimStorage disk(seed);
    LoggedLedger ledger(disk, seed, {.partitions = 2, .archive = true});
    run_a_life(ledger, seed);
    ASSERT_FALSE(HasFatalFailure());
    auto options = recovery_options(3);
    options.snapshot_directory.clear();
    const auto whole = recover_from(disk, options);
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_FALSE(whole->snapshot);
    EXPECT_EQ(whole->events, ledger.position().value);
    EXPECT_EQ(whole->engine->digest(), ledger.engine().digest());
  }
}

TEST(Snapshot, is_of_the_cut_and_not_of_what_ran_while_it_was_taken) {
  for (u64 seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimStorage disk(seed);
    LoggedLedger ledger(disk, seed, {.partitions = 1 + static_cast<u32>(seed % 5)});
    ASSERT_TRUE(ledger.start());
    ASSERT_TRUE(ledger.run(40));
    const auto taken = ledger.take_snapshot(40);
    ASSERT_TRUE(taken);
    ASSERT_TRUE(taken->status);
    ASSERT_GT(ledger.position(), taken->point.log.position);
    auto options = recovery_options();
    options.until.position = taken->point.log.position;
    const auto at_cut = recover_from(disk, options);
    ASSERT_TRUE(at_cut) << at_cut.error().message;
    EXPECT_EQ(at_cut->events, 0U);
    EXPECT_EQ(at_cut->engine->digest(), ledger.digests().at(taken->point.log.position.value));
  }
}

TEST(Snapshot, of_an_empty_ledger_is_one) {
  SimStorage disk(1);
  LoggedLedger ledger(disk, 1);
  ASSERT_TRUE(ledger.start());
  const auto taken = ledger.take_snapshot(0);
  ASSERT_TRUE(taken && taken->status);
  ASSERT_TRUE(ledger.run(10));
  const auto recovered = recover_from(disk, recovery_options());
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_TRUE(recovered->snapshot);
  EXPECT_EQ(recovered->engine->digest(), ledger.engine().digest());
}

TEST(Snapshot, keeps_the_two_newest_and_trims_the_log_behind_the_older) {
  SimStorage disk(2);
  LoggedLedger ledger(disk, 2);
  ASSERT_TRUE(ledger.start());
  std::vector<Position> positions;
  for (u32 snapshots = 1; snapshots <= 5; ++snapshots) {
    ASSERT_TRUE(ledger.run(80));
    const auto taken = ledger.take_snapshot(5);
    ASSERT_TRUE(taken && taken->status);
    positions.push_back(taken->point.log.position);
    const auto files = snapshot::list_snapshots(disk, "/data/snapshots");
    ASSERT_TRUE(files);
    ASSERT_EQ(files->size(), std::min<usize>(snapshots, 2));
    EXPECT_EQ(files->front().position, positions.back());
    if (snapshots == 1) {
      EXPECT_EQ(taken->segments_needed_from, 0U);
    } else {
      EXPECT_EQ(files->back().position, positions[snapshots - 2]);
      EXPECT_NE(taken->segments_needed_from, 0U);
      EXPECT_LE(taken->segments_needed_from, taken->point.log.segment);
    }
  }
  ASSERT_TRUE(ledger.run(200));
  // Control: the log really has lost its beginning.
  EXPECT_FALSE(disk.open(wal::segment_path("/data/log", 1), storage::OpenMode::Read));
}

TEST(Snapshot, of_another_ledger_or_version_is_refused_by_name) {
  SimStorage disk(3);
  LoggedLedger ledger(disk, 3);
  ASSERT_TRUE(ledger.start());
  ASSERT_TRUE(ledger.run(20));
  const auto taken = ledger.take_snapshot(0);
  ASSERT_TRUE(taken && taken->status);
  const std::string path = "/data/snapshots/" + snapshot::snapshot_name(taken->point.log.position);
  const u32 version = pipeline::kStateMachineVersion;
  EXPECT_TRUE(snapshot::Reader::open(disk, path, kLedgerId, version));
  const auto other_ledger = snapshot::Reader::open(disk, path, kLedgerId + 1, version);
  ASSERT_FALSE(other_ledger);
  EXPECT_EQ(other_ledger.error().code, ErrorCode::Corrupt);
  EXPECT_NE(other_ledger.error().message.find("belongs to ledger"), std::string::npos);
  const auto other_version = snapshot::Reader::open(disk, path, kLedgerId, version + 1);
  ASSERT_FALSE(other_version);
  EXPECT_EQ(other_version.error().code, ErrorCode::WrongVersion);
  EXPECT_NE(other_version.error().message.find(path), std::string::npos);
}

TEST(Snapshot, that_does_not_fit_the_capacity_names_the_option) {
  SimStorage disk(4);
  LoggedLedger ledger(disk, 4);
  ASSERT_TRUE(ledger.start());
  ASSERT_TRUE(ledger.run(60));
  const auto taken = ledger.take_snapshot(0);
  ASSERT_TRUE(taken && taken->status);
  auto options = recovery_options();
  options.limits.transfers_max = ledger.engine().transfers_used() - 1;
  const auto recovered = recover_from(disk, options);
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, ErrorCode::Capacity);
  EXPECT_NE(recovered.error().message.find("--transfers-max"), std::string::npos);
  options.limits.transfers_max += 1;
  EXPECT_TRUE(recover_from(disk, options));
}

}  // namespace
}  // namespace florin::test
