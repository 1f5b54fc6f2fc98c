// Power cuts at every operation of the disk while a snapshot is taken, and disks that fail.
#include <cerrno>
#include <optional>

#include <gtest/gtest.h>

#include "snapshot/directory.h"
#include "tests/snapshot/logged_ledger.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

// A disk with two snapshots, at rest.
DiskImage prepared_disk(u64 seed) {
  SimStorage disk(seed);
  LoggedLedger ledger(disk, seed);
  EXPECT_TRUE(ledger.start());
  for (int snapshots = 0; snapshots < 2; ++snapshots) {
    EXPECT_TRUE(ledger.run(15));
    const auto taken = ledger.take_snapshot(5);
    EXPECT_TRUE(taken && taken->status);
  }
  EXPECT_TRUE(ledger.run(5));
  ledger.finish();
  return disk.image();
}

struct Cut {
  bool in_time = false;        // Before the third snapshot was taken and behind.
  bool third_is_used = false;  // By the recovery.
};

// Cuts the power after so many operations from the beginning of the third snapshot on.
Cut cut_power(const DiskImage& image, u64 seed, u64 operations) {
  SimStorage disk(seed * 1'000 + operations, image);
  LoggedLedger ledger(disk, seed + 1, {.partitions = 1 + static_cast<u32>(operations % 3)});
  EXPECT_TRUE(ledger.start());
  const u64 position_before = ledger.recovered().snapshot->log.position.value;
  disk.lose_power_after(operations);
  const auto taken = ledger.take_snapshot(8);
  const bool came_through = taken && taken->status && ledger.run(2);
  Cut cut;
  cut.in_time = disk.power_lost();
  EXPECT_TRUE(cut.in_time || came_through);
  const u64 acknowledged = ledger.durable_position();
  const auto digests = ledger.digests();
  ledger.crash();
  const auto recovered = recover_from(disk, recovery_options(1 + static_cast<u32>(operations % 4)));
  EXPECT_TRUE(recovered) << recovered.error().message;
  if (!recovered) return cut;
  EXPECT_TRUE(recovered->rejected.empty()) << recovered->rejected.front().error.message;
  const u64 position = recovered->order.position.value;
  EXPECT_GE(position, acknowledged);
  EXPECT_TRUE(digests.contains(position));
  if (digests.contains(position)) {
    EXPECT_EQ(recovered->engine->digest(), digests.at(position));
  }
  EXPECT_TRUE(recovered->snapshot);
  cut.third_is_used = recovered->snapshot->log.position.value > position_before;
  // And it goes on from there.
  LoggedLedger next(disk, seed + 2);
  EXPECT_TRUE(next.start());
  EXPECT_TRUE(next.run(3));
  const auto again = next.take_snapshot(2);
  EXPECT_TRUE(again && again->status);
  const auto names = disk.list("/data/snapshots");
  EXPECT_EQ(names->size(), 2U);  // Nothing unfinished is left.
  return cut;
}

TEST(SnapshotCrash, at_every_operation_leaves_the_old_snapshots_or_the_new_one) {
  u64 cuts = 0;
  u64 with_new = 0;
  for (u64 seed = 1; seed <= fewer(6) * soak_factor(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const DiskImage image = prepared_disk(seed);
    ASSERT_FALSE(HasFailure());
    for (u64 operations = 0;; ++operations) {
      SCOPED_TRACE("operations " + std::to_string(operations));
      const Cut cut = cut_power(image, seed, operations);
      ASSERT_FALSE(HasFailure());
      if (!cut.in_time) break;
      ++cuts;
      with_new += cut.third_is_used ? 1 : 0;
    }
  }
  // Controls: the power was cut before and after the new one was there.
  EXPECT_GT(cuts, fewer(100));
  EXPECT_GT(with_new, 3U);
  EXPECT_GT(cuts - with_new, fewer(50));
  std::printf("%llu power cuts, %llu of them behind the new snapshot\n",
              static_cast<unsigned long long>(cuts), static_cast<unsigned long long>(with_new));
}

struct Fault {
  SimOperation operation;
  int error;
  ErrorCode code;
};

// Only the snapshot's own operations are made to fail: nothing else runs meanwhile.
TEST(SnapshotFailure, leaves_the_ledger_and_the_old_snapshots_and_the_next_one_succeeds) {
  const std::vector<Fault> faults = {
      {SimOperation::Open, EIO, ErrorCode::Io},
      {SimOperation::Open, ENOSPC, ErrorCode::NoSpace},
      {SimOperation::Write, EIO, ErrorCode::Io},
      {SimOperation::Write, ENOSPC, ErrorCode::NoSpace},
      {SimOperation::Sync, EIO, ErrorCode::Io},
      {SimOperation::Rename, EIO, ErrorCode::Io},
      {SimOperation::SyncDirectory, EIO, ErrorCode::Io},
  };
  u64 failures = 0;
  for (const Fault& fault : faults) {
    for (u64 nth = 1; nth <= 40; ++nth) {
      SCOPED_TRACE("operation " + std::to_string(static_cast<int>(fault.operation)) + " nth " +
                   std::to_string(nth));
      SimStorage disk(nth);
      LoggedLedger ledger(disk, nth);
      ASSERT_TRUE(ledger.start());
      ASSERT_TRUE(ledger.run(15));
      const auto first = ledger.take_snapshot(0);
      ASSERT_TRUE(first && first->status);
      ASSERT_TRUE(ledger.run(15));
      ledger.finish();
      disk.fail_nth(fault.operation, nth, fault.error);
      const auto second = ledger.take_snapshot(0);
      disk.clear_faults();
      ASSERT_TRUE(second);
      if (second->status) break;  // There are no more such operations.
      ++failures;
      EXPECT_EQ(second->status.error().code, fault.code) << second->status.error().message;
      EXPECT_EQ(second->segments_needed_from, 0U);
      const auto files = snapshot::list_snapshots(disk, "/data/snapshots");
      ASSERT_TRUE(files);
      ASSERT_FALSE(files->empty());
      EXPECT_EQ(files->back().position, first->point.log.position);
      // The one whose directory could not be synced is there all the same.
      EXPECT_EQ(disk.list("/data/snapshots")->size(),
                fault.operation == SimOperation::SyncDirectory ? 2U : 1U);
      ASSERT_TRUE(ledger.run(5));
      const auto third = ledger.take_snapshot(5);
      ASSERT_TRUE(third && third->status) << third->status.error().message;
      const auto recovered = recover_from(disk, recovery_options());
      ASSERT_TRUE(recovered) << recovered.error().message;
      EXPECT_EQ(recovered->snapshot->log.position, third->point.log.position);
      EXPECT_EQ(recovered->engine->digest(), ledger.engine().digest());
    }
  }
  EXPECT_GT(failures, 20U);
}

TEST(SnapshotFailure, of_a_full_disk_gives_its_room_back) {
  SimStorage disk(7);
  LoggedLedger ledger(disk, 7);
  ASSERT_TRUE(ledger.start());
  ASSERT_TRUE(ledger.run(40));
  ledger.finish();
  const u64 used = disk.used_bytes();
  u64 failures = 0;
  for (u64 room = 0;; room += 4 * kKiB) {
    SCOPED_TRACE(room);
    disk.limit_space(used + room);
    const auto taken = ledger.take_snapshot(0);
    ASSERT_TRUE(taken);
    if (taken->status) break;
    ++failures;
    EXPECT_EQ(taken->status.error().code, ErrorCode::NoSpace);
    EXPECT_EQ(disk.used_bytes(), used);
  }
  EXPECT_GT(failures, 3U);
  EXPECT_GT(disk.used_bytes(), used);
}

}  // namespace
}  // namespace florin::test
