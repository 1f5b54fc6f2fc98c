// Snapshots of a ledger whose memory is a window: together with the log behind them and history
// they are the whole ledger; without history they are refused.
#include <string>

#include <gtest/gtest.h>

#include "snapshot/directory.h"
#include "snapshot/reader.h"
#include "tests/snapshot/logged_ledger.h"

namespace florin::test {
namespace {

using engine::CutKind;

constexpr u64 kWindowSeeds = kSanitized ? 4 : 16;

void run_a_windowed_life(LoggedLedger& ledger, u64 seed) {
  ASSERT_TRUE(ledger.start());
  for (int snapshots = 0; snapshots < 3; ++snapshots) {
    ASSERT_TRUE(ledger.run(30 + seed % 20));
    const auto taken = ledger.take_snapshot(10 + seed % 20);
    ASSERT_TRUE(taken);
    ASSERT_TRUE(taken->status) << taken->status.error().message;
  }
  ASSERT_TRUE(ledger.run(20 + seed % 15));
  ASSERT_TRUE(ledger.run(0));
}

snapshot::SnapshotInfo newest(storage::Storage& disk) {
  const auto whole =
      snapshot::whole_snapshots(disk, kSnapshots, kLedgerId, pipeline::kStateMachineVersion, 1);
  EXPECT_TRUE(whole && whole->size() == 1);
  return whole && !whole->empty() ? whole->front() : snapshot::SnapshotInfo{};
}

// How many ids the snapshot has.
u64 ids_of(const snapshot::SnapshotInfo& info) {
  return info.count_of(CutKind::Transfers) + info.count_of(CutKind::FailedIds) +
         info.count_of(CutKind::KeptTransfers) + info.count_of(CutKind::KeptIds);
}

replay::RecoveryOptions windowed_options(MemoryPast& past, const wal::LogEnd& durable,
                                         u32 partitions = 1, u32 threads = 1) {
  auto options = recovery_options(partitions, threads);
  options.past = &past;
  options.history_durable = durable;
  return options;
}

TEST(SnapshotOfWindow, and_the_log_and_history_give_the_whole_state) {
  u64 left_to_history = 0;
  u64 kept = 0;
  u64 forgotten = 0;  // By replays.
  for (u64 seed = 1; seed <= kWindowSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimStorage disk(seed);
    MemoryPast past;
    LoggedLedger ledger(
        disk, seed, {.partitions = 1 + static_cast<u32>(seed % 4), .archive = true, .past = &past});
    run_a_windowed_life(ledger, seed);
    ASSERT_FALSE(HasFatalFailure());
    const snapshot::SnapshotInfo info = newest(disk);
    left_to_history += info.retired();
    kept += info.count_of(CutKind::KeptTransfers) + info.count_of(CutKind::KeptIds);
    const engine::StateDigest digest = ledger.engine().digest();
    const DiskImage image = disk.image();
    for (const u32 partitions : {1U, 2U, 3U, 8U}) {
      SimStorage copy(seed, image);
      auto options = windowed_options(past, ledger.history_end(), partitions,
                                      static_cast<u32>(1 + (seed + partitions) % 3));
      // Sometimes so small that the replay forgets as well.
      if (partitions != 2) options.limits.transfers_max = ids_of(info) + 60;
      const auto recovered = recover_from(copy, options);
      ASSERT_TRUE(recovered) << recovered.error().message;
      ASSERT_TRUE(recovered->snapshot);
      EXPECT_TRUE(recovered->rejected.empty());
      EXPECT_EQ(recovered->engine->digest(), digest);
      EXPECT_TRUE(recovered->engine->verify());
      EXPECT_EQ(recovered->engine->transfers_used(), ledger.engine().transfers_used());
      EXPECT_GT(recovered->blocks_compared, 0U);
      const engine::Engine& engine = *recovered->engine;
      const u64 gone = engine.transfers_used() - engine.transfers_in_memory();
      if (gone > info.retired()) forgotten += gone - info.retired();
    }
    // A ledger that forgets nothing comes to the same.
    auto whole = recovery_options(2);
    whole.snapshot_directory.clear();
    const auto all = recover_from(disk, whole);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->engine->digest(), digest);
    EXPECT_EQ(all->engine->transfers_in_memory(), all->engine->transfers_used());
  }
  // Controls: there was something that the snapshots did not have, and something kept.
  EXPECT_GT(left_to_history, kWindowSeeds * 50);
  EXPECT_GT(kept, kWindowSeeds);
  EXPECT_GT(forgotten, kWindowSeeds * 10);
}

TEST(SnapshotOfWindow, goes_on_after_restarts_as_if_there_were_none) {
  for (u64 seed = 1; seed <= kWindowSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimStorage disk(seed);
    MemoryPast past;
    const LoggedLedgerOptions options{
        .partitions = 1 + static_cast<u32>(seed % 3), .archive = true, .past = &past};
    LoggedLedger ledger(disk, seed, options);
    u64 retired = 0;
    for (int restarts = 0; restarts < 3; ++restarts) {
      run_a_windowed_life(ledger, seed);
      ASSERT_FALSE(HasFatalFailure());
      EXPECT_GT(ledger.retired(), retired);
      retired = ledger.retired();
      ledger.finish();
    }
    auto whole = recovery_options(1);
    whole.snapshot_directory.clear();
    const auto all = recover_from(disk, whole);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->engine->digest(), ledger.engine().digest());
  }
}

TEST(SnapshotOfWindow, says_what_it_leaves_to_history) {
  SimStorage disk(5);
  MemoryPast past;
  LoggedLedger ledger(disk, 5, {.past = &past});
  ASSERT_TRUE(ledger.start());
  ASSERT_TRUE(ledger.run(60));
  ASSERT_TRUE(ledger.run(0));
  while (ledger.engine().retire(ledger.history_end().position, 100) != 0) {
  }
  const auto taken = ledger.take_snapshot(0);
  ASSERT_TRUE(taken && taken->status);
  const engine::Books& books = ledger.engine().books();
  const snapshot::SnapshotInfo info = newest(disk);
  EXPECT_EQ(info.first_created, books.first_created);
  EXPECT_EQ(info.first_consumed, books.first_consumed);
  EXPECT_EQ(info.retired_position.value, books.retired_position);
  EXPECT_EQ(info.retired(),
            ledger.engine().transfers_used() - ledger.engine().transfers_in_memory());
  EXPECT_GT(info.retired(), 100U);
  EXPECT_GT(info.retired_position.value, 0U);
  EXPECT_LE(info.retired_position, info.point.log.position);
}

// The smallest files are those of ledgers without history: nothing was added to what they hold.
TEST(SnapshotOfWindow, is_a_small_part_of_one_that_has_everything) {
  u64 bytes[2] = {};
  for (const bool windowed : {false, true}) {
    SimStorage disk(6);
    MemoryPast past;
    LoggedLedger ledger(disk, 6, {.past = windowed ? &past : nullptr});
    ASSERT_TRUE(ledger.start());
    ASSERT_TRUE(ledger.run(150));
    ASSERT_TRUE(ledger.run(0));
    while (ledger.engine().retire(ledger.history_end().position, 100) != 0) {
    }
    ASSERT_TRUE(ledger.take_snapshot(0)->status);
    const snapshot::SnapshotInfo info = newest(disk);
    bytes[windowed ? 1 : 0] = info.body_bytes;
    if (windowed) continue;
    EXPECT_EQ(info.retired(), 0U);
    EXPECT_EQ(info.first_created + info.first_consumed + info.retired_position.value, 0U);
    EXPECT_EQ(info.count_of(CutKind::KeptTransfers) + info.count_of(CutKind::KeptIds), 0U);
  }
  EXPECT_LT(bytes[1] * 2, bytes[0]);
}

TEST(SnapshotOfWindow, is_refused_without_the_history_that_has_the_rest) {
  SimStorage disk(7);
  MemoryPast past;
  LoggedLedger ledger(disk, 7, {.past = &past});
  run_a_windowed_life(ledger, 7);
  ASSERT_FALSE(HasFatalFailure());
  const snapshot::SnapshotInfo info = newest(disk);
  ASSERT_GT(info.retired(), 0U);
  const DiskImage image = disk.image();
  EXPECT_TRUE(recover_from(disk, windowed_options(past, ledger.history_end())));

  const auto without = recover_from(disk, recovery_options());
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().message.find("history"), std::string::npos) << without.error().message;
  wal::LogEnd behind = ledger.history_end();
  behind.position = Position{info.retired_position.value - 1};
  const auto lagging = recover_from(disk, windowed_options(past, behind));
  ASSERT_FALSE(lagging);
  EXPECT_EQ(lagging.error().code, ErrorCode::Corrupt);
  EXPECT_NE(lagging.error().message.find(std::to_string(info.retired_position.value)),
            std::string::npos)
      << lagging.error().message;
  EXPECT_EQ(disk.image().files, image.files);  // Nothing was written.
}

TEST(SnapshotOfWindow, that_is_damaged_gives_way_to_the_older_one) {
  SimStorage disk(8);
  MemoryPast past;
  LoggedLedger ledger(disk, 8, {.partitions = 2, .past = &past});
  run_a_windowed_life(ledger, 8);
  ASSERT_FALSE(HasFatalFailure());
  const auto files = snapshot::list_snapshots(disk, kSnapshots);
  ASSERT_TRUE(files && files->size() == 2);
  const std::string path = std::string(kSnapshots) + "/" + files->front().name;
  const DiskImage image = disk.image();
  Random random(8);
  for (u32 count = 0; count < 40; ++count) {
    SimStorage damaged(8, image);
    const u64 size = image.files.at(path).size();
    // Half of them in the last sector, which tells of the window.
    const u64 place = random.chance(1, 2) ? size - 4096 + random.below(260) : random.below(size);
    damaged.damage(path, place, image.files.at(path)[place] ^ std::byte{1});
    const auto recovered = recover_from(damaged, windowed_options(past, ledger.history_end(), 3));
    ASSERT_TRUE(recovered) << recovered.error().message;
    EXPECT_EQ(recovered->engine->digest(), ledger.engine().digest());
    ASSERT_EQ(recovered->rejected.size(), 1U) << "byte " << place;
    EXPECT_EQ(recovered->rejected.front().path, path);
  }
}

}  // namespace
}  // namespace florin::test
