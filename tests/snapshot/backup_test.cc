// Copies of a ledger, made while it writes, and what can be restored from them.
#include "replay/backup.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "replay/log_search.h"
#include "replay/restore.h"
#include "replay/verification.h"
#include "snapshot/directory.h"
#include "snapshot/reader.h"
#include "tests/snapshot/logged_ledger.h"
#include "tests/support/test_size.h"
#include "wal/marks.h"
#include "wal/segment_directory.h"

namespace florin::test {
namespace {

constexpr const char* kBackup = "/backup";
constexpr const char* kRestored = "/restored";
constexpr u64 kEvery = kSanitized ? 4 : 1;  // Of power cuts and of positions.

using BackupHook = std::function<void(const replay::BackupProgress&)>;

Result<replay::BackupReport> back_up(
    SimStorage& disk, const replay::BackupOptions& options,
    const BackupHook& hook = [](const replay::BackupProgress&) {}) {
  ManualClock clock;
  const auto user = disk.another_user();
  return replay::copy_backup(*user, clock, options, hook);
}

replay::BackupOptions options_for(const std::string& target = kBackup) {
  replay::BackupOptions options;
  options.source = kLedgerDirectory;
  options.target = target;
  return options;
}

Result<replay::RestoreReport> restore_backup(SimStorage& disk, const replay::Until& until = {},
                                             const std::string& target = kRestored) {
  ManualClock clock;
  replay::RestoreOptions options;
  options.backup = kBackup;
  options.target = target;
  options.until = until;
  return replay::restore(disk, clock, options, [](u64) {});
}

// What recovery from the directory gives is the ledger at the position.
void expect_ledger_at(SimStorage& disk, const std::string& directory, const LoggedLedger& ledger,
                      u64 position) {
  const auto recovered = recover_from(disk, recovery_options(2, 1, directory));
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_TRUE(recovered->rejected.empty());
  ASSERT_EQ(recovered->order.position.value, position);
  EXPECT_EQ(recovered->engine->digest(), ledger.digests().at(position));
  EXPECT_EQ(recovered->order.last_timestamp, ledger.timestamps().at(position));
}

void run_to_two_snapshots(LoggedLedger& ledger) {
  ASSERT_TRUE(ledger.start());
  for (int snapshots = 0; snapshots < 2; ++snapshots) {
    ASSERT_TRUE(ledger.run(60));
    const auto taken = ledger.take_snapshot(5);
    ASSERT_TRUE(taken && taken->status);
  }
  ASSERT_TRUE(ledger.run(60));
}

TEST(Backup, is_a_data_directory_with_everything_that_was_durable) {
  for (u64 seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimStorage disk(seed);
    LoggedLedger ledger(disk, seed, {.partitions = 2, .archive = seed % 2 == 0});
    run_to_two_snapshots(ledger);
    const auto report = back_up(disk, options_for());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->ledger_id, kLedgerId);
    EXPECT_EQ(report->position, ledger.position());
    EXPECT_EQ(report->snapshots, 2U);
    EXPECT_GT(report->blocks, 0U);
    EXPECT_EQ(report->earliest == Position{}, seed % 2 == 0);
    expect_ledger_at(disk, kBackup, ledger, ledger.position().value);
    // It survives what was not synced.
    ledger.crash();
    expect_ledger_at(disk, kBackup, ledger, ledger.position().value);
    const auto directory = storage::DataDirectory::open_existing(disk, kBackup);
    ASSERT_TRUE(directory);
    EXPECT_EQ(directory->ledger_id(), kLedgerId);
  }
}

// Without the newest snapshot the older one leads to the same state, also where the log goes on
// behind it in another segment than it ends in.
TEST(Backup, has_all_that_its_older_snapshot_needs) {
  u64 in_next_segment = 0;
  for (u64 seed = 1; seed <= fewer(60); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimStorage disk(seed);
    LoggedLedger ledger(disk, seed);
    run_to_two_snapshots(ledger);
    ASSERT_TRUE(back_up(disk, options_for()));
    const auto snapshots = snapshot::list_snapshots(disk, "/backup/snapshots");
    ASSERT_TRUE(snapshots && snapshots->size() == 2);
    ASSERT_TRUE(disk.remove("/backup/snapshots/" + snapshots->front().name));
    expect_ledger_at(disk, kBackup, ledger, ledger.position().value);
    const auto older =
        snapshot::Reader::open_any(disk, "/backup/snapshots/" + snapshots->back().name);
    ASSERT_TRUE(older);
    const wal::LogEnd cut = (*older)->info().point.log;
    const auto next =
        replay::find_block(disk, "/backup/log", kLedgerId, cut.segment + 1, cut.sequence + 1);
    ASSERT_TRUE(next);
    if (*next) ++in_next_segment;
  }
  EXPECT_GT(in_next_segment, 0u);
}

TEST(Backup, of_a_ledger_without_a_snapshot_or_without_anything_works) {
  SimStorage disk(1);
  LoggedLedger ledger(disk, 1);
  ASSERT_TRUE(ledger.start());
  ASSERT_TRUE(back_up(disk, options_for("/nothing")));
  expect_ledger_at(disk, "/nothing", ledger, 0);
  ASSERT_TRUE(ledger.run(30));
  ASSERT_TRUE(back_up(disk, options_for()));
  expect_ledger_at(disk, kBackup, ledger, ledger.position().value);
  // And the first one is brought up to date.
  ASSERT_TRUE(back_up(disk, options_for("/nothing")));
  expect_ledger_at(disk, "/nothing", ledger, ledger.position().value);
}

TEST(Backup, made_while_blocks_are_written_ends_at_one_of_them) {
  u64 written_meanwhile = 0;
  for (u64 seed = 1; seed <= fewer(12); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimStorage disk(seed);
    LoggedLedger ledger(disk, seed, {.partitions = 1 + static_cast<u32>(seed % 3)});
    run_to_two_snapshots(ledger);
    const u64 before = ledger.position().value;
    Random random(seed);
    u32 left = 40;
    const auto report = back_up(disk, options_for(), [&](const replay::BackupProgress&) {
      if (left == 0 || !random.chance(1, 2)) return;
      --left;
      EXPECT_TRUE(ledger.run(2));
      const auto taken = random.chance(1, 10) ? ledger.take_snapshot(1) : std::nullopt;
      EXPECT_TRUE(!taken || taken->status);
    });
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_GE(report->position.value, before);
    EXPECT_LE(report->position.value, ledger.position().value);
    written_meanwhile += ledger.position().value - before;
    expect_ledger_at(disk, kBackup, ledger, report->position.value);
  }
  EXPECT_GT(written_meanwhile, 500U);
}

TEST(Backup, begins_again_when_the_source_trims_what_is_being_read) {
  u64 attempts = 0;
  const u64 seeds = fewer(6);
  for (u64 seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimStorage disk(seed);
    LoggedLedger ledger(disk, seed);
    run_to_two_snapshots(ledger);
    bool trimmed = false;
    const auto report = back_up(disk, options_for(), [&](const replay::BackupProgress&) {
      if (trimmed) return;
      trimmed = true;
      for (int snapshots = 0; snapshots < 3; ++snapshots) {
        EXPECT_TRUE(ledger.run(150));
        EXPECT_TRUE(ledger.take_snapshot(0)->status);
      }
      EXPECT_TRUE(ledger.run(300));
    });
    ASSERT_TRUE(report) << report.error().message;
    attempts += report->attempts;
    expect_ledger_at(disk, kBackup, ledger, report->position.value);
  }
  EXPECT_GT(attempts, seeds);
}

TEST(Backup, is_brought_up_to_date_without_copying_all_of_it_again) {
  SimStorage disk(3);
  LoggedLedger ledger(disk, 3, {.archive = true});
  run_to_two_snapshots(ledger);
  const auto first = back_up(disk, options_for());
  ASSERT_TRUE(first) << first.error().message;
  for (int round = 0; round < 4; ++round) {
    const u64 position = ledger.position().value;
    ASSERT_TRUE(ledger.run(3));
    const auto next = back_up(disk, options_for());
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_EQ(next->position, ledger.position());
    EXPECT_GT(next->position.value, position);
    EXPECT_LE(next->blocks, 3U);
    EXPECT_EQ(next->snapshots, 0U);
    EXPECT_LE(next->segments, 2U);
    expect_ledger_at(disk, kBackup, ledger, ledger.position().value);
  }
  const auto nothing_new = back_up(disk, options_for());
  ASSERT_TRUE(nothing_new);
  EXPECT_EQ(nothing_new->bytes, 0U);
  ASSERT_TRUE(ledger.take_snapshot(0)->status);
  const auto with_snapshot = back_up(disk, options_for());
  ASSERT_TRUE(with_snapshot);
  EXPECT_EQ(with_snapshot->snapshots, 1U);
  EXPECT_GT(first->blocks, 50U);  // Control: the first one copied much.
  // Every state since the beginning can be restored, from the older snapshots too.
  EXPECT_EQ(snapshot::list_snapshots(disk, "/backup/snapshots")->size(), 3U);
}

TEST(Backup, pruned_keeps_what_its_two_newest_snapshots_need) {
  SimStorage disk(4);
  LoggedLedger ledger(disk, 4, {.archive = true});
  run_to_two_snapshots(ledger);
  ASSERT_TRUE(back_up(disk, options_for()));
  ASSERT_TRUE(ledger.run(60));
  ASSERT_TRUE(ledger.take_snapshot(0)->status);
  const usize before = wal::list_segments(disk, "/backup/log")->size();
  auto options = options_for();
  options.prune = true;
  const auto report = back_up(disk, options);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(snapshot::list_snapshots(disk, "/backup/snapshots")->size(), 2U);
  EXPECT_LT(wal::list_segments(disk, "/backup/log")->size(), before);
  EXPECT_NE(report->earliest, Position{});
  expect_ledger_at(disk, kBackup, ledger, ledger.position().value);
}

TEST(Backup, refuses_a_target_that_is_not_its_own) {
  SimStorage disk(5);
  LoggedLedger ledger(disk, 5);
  run_to_two_snapshots(ledger);
  const auto missing = replay::BackupOptions{.source = "/elsewhere", .target = kBackup};
  EXPECT_FALSE(back_up(disk, missing));
  // A directory with other files.
  ASSERT_TRUE(disk.create_directory("/letters"));
  const auto letter = disk.open("/letters/letter", storage::OpenMode::Create);
  ASSERT_TRUE(letter);
  disk.close(*letter);
  const auto letters = back_up(disk, options_for("/letters"));
  ASSERT_FALSE(letters);
  EXPECT_EQ(letters.error().code, ErrorCode::InvalidArgument);
  // The source itself.
  const auto itself = back_up(disk, options_for(kLedgerDirectory));
  ASSERT_FALSE(itself);
  EXPECT_EQ(itself.error().code, ErrorCode::InvalidArgument) << itself.error().message;
  EXPECT_EQ(recover_from(disk, recovery_options())->engine->digest(), ledger.engine().digest());
  // Another ledger.
  ASSERT_TRUE(storage::DataDirectory::open(disk, "/other", kLedgerId + 1, 64 * kKiB));
  const auto other = back_up(disk, options_for("/other"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(other.error().message.find("is a backup of ledger"), std::string::npos);
}

TEST(Backup, refuses_a_source_that_was_put_back_or_has_moved_on) {
  SimStorage disk(6);
  LoggedLedger ledger(disk, 6);
  run_to_two_snapshots(ledger);
  ledger.finish();
  const DiskImage before = disk.image();
  ASSERT_TRUE(ledger.run(5));
  ASSERT_TRUE(back_up(disk, options_for()));
  DiskImage put_back = before;
  for (const auto& [path, content] : disk.image().files) {
    if (path.starts_with(kBackup)) put_back.files[path] = content;
  }
  put_back.directories = disk.image().directories;
  SimStorage older(6, put_back);
  const auto behind = back_up(older, options_for());
  ASSERT_FALSE(behind);
  EXPECT_EQ(behind.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(behind.error().message.find("another history"), std::string::npos);
  // The log went on, and was trimmed.
  for (int snapshots = 0; snapshots < 4; ++snapshots) {
    ASSERT_TRUE(ledger.run(100));
    ASSERT_TRUE(ledger.take_snapshot(0)->status);
  }
  ASSERT_TRUE(ledger.run(200));
  const auto moved = back_up(disk, options_for());
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(moved.error().message.find("empty directory"), std::string::npos);
  expect_ledger_at(
      disk, kBackup, ledger,
      std::prev(ledger.digests().upper_bound(
                    recover_from(disk, recovery_options(1, 1, kBackup))->order.position.value))
          ->first);
}

// Power cuts at every operation of an incremental backup, the disk being that of the backup too.
TEST(Backup, cut_off_anywhere_leaves_the_earlier_one_or_the_new_one) {
  SimStorage prepared(7);
  LoggedLedger ledger(prepared, 7);
  run_to_two_snapshots(ledger);
  ASSERT_TRUE(back_up(prepared, options_for()));
  const u64 earlier = ledger.position().value;
  ASSERT_TRUE(ledger.run(30));
  ASSERT_TRUE(ledger.take_snapshot(3)->status);
  ledger.finish();
  const u64 later = ledger.position().value;
  const DiskImage image = prepared.image();
  u64 cuts = 0;
  u64 reached_later = 0;
  for (u64 operations = 0;; operations += kEvery) {
    SCOPED_TRACE("operations " + std::to_string(operations));
    SimStorage disk(operations, image);
    disk.lose_power_after(operations);
    ManualClock clock;
    const bool done =
        replay::copy_backup(disk, clock, options_for(), [](const auto&) {}).has_value();
    if (done) break;
    disk.crash();
    ++cuts;
    const auto recovered = recover_from(disk, recovery_options(1, 1, kBackup));
    ASSERT_TRUE(recovered) << recovered.error().message;
    const u64 position = recovered->order.position.value;
    EXPECT_GE(position, earlier);
    EXPECT_EQ(recovered->engine->digest(), ledger.digests().at(position));
    if (position == later) ++reached_later;
    const auto again = replay::copy_backup(disk, clock, options_for(), [](const auto&) {});
    ASSERT_TRUE(again) << again.error().message;
    expect_ledger_at(disk, kBackup, ledger, later);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(cuts, fewer(20));
  EXPECT_GT(reached_later, 0U);
  EXPECT_LT(reached_later, cuts);
}

// The same of the first backup: nothing that a server would start from, until it is whole.
TEST(Backup, the_first_one_cut_off_is_no_data_directory_and_is_completed_by_the_next) {
  SimStorage prepared(8);
  LoggedLedger ledger(prepared, 8);
  run_to_two_snapshots(ledger);
  ledger.finish();
  const DiskImage image = prepared.image();
  u64 unfinished = 0;
  for (u64 operations = 0;; operations += kEvery) {
    SCOPED_TRACE("operations " + std::to_string(operations));
    SimStorage disk(operations, image);
    disk.lose_power_after(operations);
    ManualClock clock;
    const bool done =
        replay::copy_backup(disk, clock, options_for(), [](const auto&) {}).has_value();
    if (done) break;
    disk.crash();
    if (storage::DataDirectory::open_existing(disk, kBackup)) {
      expect_ledger_at(disk, kBackup, ledger, ledger.position().value);
    } else {
      ++unfinished;
    }
    const auto again = replay::copy_backup(disk, clock, options_for(), [](const auto&) {});
    ASSERT_TRUE(again) << again.error().message;
    expect_ledger_at(disk, kBackup, ledger, ledger.position().value);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(unfinished, fewer(20));
}

TEST(Restore, to_every_position_equals_the_ledger_at_that_position) {
  for (const bool archive : {true, false}) {
    SCOPED_TRACE(archive);
    SimStorage disk(9);
    LoggedLedger ledger(disk, 9, {.archive = archive, .requests_max = 5});
    run_to_two_snapshots(ledger);
    const auto backup = back_up(disk, options_for());
    ASSERT_TRUE(backup) << backup.error().message;
    EXPECT_EQ(backup->earliest.value == 0, archive);
    const DiskImage image = disk.image();
    u64 refused = 0;
    u64 between_requests = 0;
    for (u64 position = 0; position <= ledger.position().value; position += kEvery) {
      SCOPED_TRACE("position " + std::to_string(position));
      SimStorage copy(position, image);
      const auto restored = restore_backup(copy, {.position = Position{position}});
      if (position < backup->earliest.value) {
        ASSERT_FALSE(restored);
        EXPECT_EQ(restored.error().code, ErrorCode::InvalidArgument);
        ++refused;
        continue;
      }
      ASSERT_TRUE(restored) << restored.error().message;
      const u64 reached = std::prev(ledger.digests().upper_bound(position))->first;
      EXPECT_EQ(restored->position.value, reached);
      EXPECT_EQ(restored->time.ns, ledger.timestamps().at(reached));
      between_requests += reached == position ? 0 : 1;
      copy.crash();  // All of it was durable.
      expect_ledger_at(copy, kRestored, ledger, reached);
      ASSERT_FALSE(HasFailure());
    }
    EXPECT_EQ(refused != 0, !archive);
    EXPECT_GT(between_requests, fewer(50));
  }
}

TEST(Restore, to_a_time_ends_at_the_last_request_before_it_and_the_ledger_goes_on_from_there) {
  SimStorage disk(10);
  LoggedLedger ledger(disk, 10, {.archive = true});
  run_to_two_snapshots(ledger);
  ASSERT_TRUE(back_up(disk, options_for()));
  const DiskImage image = disk.image();
  for (auto at = ledger.timestamps().begin(); at != ledger.timestamps().end(); ++at) {
    const auto [position, timestamp] = *at;
    if (position % 7 != 0) continue;
    for (const u64 until : {timestamp, timestamp - 1}) {
      if (position == 0 && until != timestamp) continue;
      SimStorage copy(position, image);
      // Under the name that the ledger of the test uses.
      DiskImage bare = image;
      std::erase_if(bare.files, [](const auto& file) {
        return file.first.starts_with(std::string(kLedgerDirectory) + "/");
      });
      SimStorage target(position, bare);
      const auto restored = restore_backup(target, {.time = Timestamp{until}}, kLedgerDirectory);
      ASSERT_TRUE(restored) << restored.error().message;
      const u64 expected = until == timestamp ? position : std::prev(at)->first;
      EXPECT_EQ(restored->position.value, expected);
      LoggedLedger next(target, position + 1);
      ASSERT_TRUE(next.start());
      EXPECT_EQ(next.position().value, expected);
      EXPECT_EQ(next.engine().digest(), ledger.digests().at(expected));
      ASSERT_TRUE(next.run(5));
      const auto taken = next.take_snapshot(2);
      ASSERT_TRUE(taken && taken->status);
      const auto recovered = recover_from(target, recovery_options(3));
      ASSERT_TRUE(recovered) << recovered.error().message;
      EXPECT_EQ(recovered->engine->digest(), next.engine().digest());
    }
  }
}

TEST(Restore, refuses_a_target_that_is_not_empty) {
  SimStorage disk(11);
  LoggedLedger ledger(disk, 11);
  run_to_two_snapshots(ledger);
  ASSERT_TRUE(back_up(disk, options_for()));
  ASSERT_TRUE(restore_backup(disk));
  const auto again = restore_backup(disk);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(again.error().message.find("not empty"), std::string::npos);
}

TEST(Restore, of_a_damaged_backup_is_refused) {
  SimStorage disk(12);
  LoggedLedger ledger(disk, 12, {.archive = true});
  run_to_two_snapshots(ledger);
  ASSERT_TRUE(back_up(disk, options_for()));
  const std::string segment = wal::segment_path("/backup/log", 1);
  disk.damage(segment, 5'000, std::byte{1});
  const auto restored = restore_backup(disk);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::Corrupt);
  EXPECT_NE(restored.error().message.find(segment), std::string::npos) << restored.error().message;
}

// Where a chunk's records stand in a file of which the ends and the table are right.
constexpr u64 kInAChunk = 4'096 + 300;

std::string newest_snapshot(SimStorage& disk, const std::string& directory) {
  return directory + "/" + snapshot::list_snapshots(disk, directory)->front().name;
}

TEST(Restore, does_without_a_snapshot_that_is_damaged) {
  SimStorage disk(14);
  LoggedLedger ledger(disk, 14);
  run_to_two_snapshots(ledger);
  ASSERT_TRUE(back_up(disk, options_for()));
  disk.damage(newest_snapshot(disk, "/backup/snapshots"), kInAChunk, std::byte{0x5a});
  const auto restored = restore_backup(disk);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->snapshots, 1U);
  ASSERT_EQ(restored->passed_over.size(), 1U);
  EXPECT_NE(restored->passed_over.front().message.find("/backup/snapshots/"), std::string::npos);
  expect_ledger_at(disk, kRestored, ledger, ledger.position().value);
}

TEST(Backup, does_without_a_snapshot_that_is_damaged_unless_it_needs_it) {
  SimStorage disk(15);
  LoggedLedger ledger(disk, 15);
  run_to_two_snapshots(ledger);
  disk.damage(newest_snapshot(disk, "/data/snapshots"), kInAChunk, std::byte{0x5a});
  const auto report = back_up(disk, options_for());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->passed_over.size(), 1U);
  EXPECT_EQ(report->snapshots, 1U);
  expect_ledger_at(disk, kBackup, ledger, ledger.position().value);

  const auto files = snapshot::list_snapshots(disk, "/data/snapshots");
  ASSERT_TRUE(files && files->size() == 2);
  disk.damage("/data/snapshots/" + files->back().name, kInAChunk, std::byte{0x5a});
  const auto refused = back_up(disk, options_for("/other"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Corrupt);
}

TEST(Restore, without_marks_takes_the_log_as_far_as_it_can_be_read) {
  SimStorage disk(16);
  LoggedLedger ledger(disk, 16);
  run_to_two_snapshots(ledger);
  ledger.finish();
  ASSERT_TRUE(back_up(disk, options_for()));
  for (u64 sector = 0; sector < wal::kMarkSectors; ++sector) {
    disk.damage("/backup/log/marks", sector * storage::kSectorBytes + 40, std::byte{0x5a});
  }
  const auto refused = restore_backup(disk, {}, "/refused");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Corrupt);
  ManualClock clock;
  replay::RestoreOptions options;
  options.backup = kBackup;
  options.target = kRestored;
  options.without_marks = true;
  ASSERT_TRUE(replay::restore(disk, clock, options, [](u64) {}));
  expect_ledger_at(disk, kRestored, ledger, ledger.position().value);
}

// The source keeps two snapshots: a new one removes the older of those that were to be copied.
TEST(Backup, goes_on_when_the_source_removes_a_snapshot_meanwhile) {
  for (const u32 taken : {0U, 1U, 2U}) {
    SCOPED_TRACE(taken);
    SimStorage disk(1);
    LoggedLedger ledger(disk, 1, {.archive = true});
    run_to_two_snapshots(ledger);
    bool done = false;
    const auto report = back_up(disk, options_for(), [&](const replay::BackupProgress& progress) {
      if (done || progress.phase != replay::BackupProgress::Phase::Log) return;
      done = true;
      for (u32 i = 0; i < taken; ++i) {
        EXPECT_TRUE(ledger.run(2));
        EXPECT_TRUE(ledger.take_snapshot(0)->status);
      }
    });
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_TRUE(done);
    // Without any of its snapshots the copy begins again; the newest alone is enough.
    EXPECT_EQ(report->attempts, taken == 2 ? 2U : 1U);
    EXPECT_EQ(report->snapshots, taken == 1 ? 1U : 2U);
    expect_ledger_at(disk, kBackup, ledger, report->position.value);
  }
}

// The first segment stays until it is recycled, with or without those behind it: what is read
// begins at the snapshot then.
TEST(Backup, of_a_trimmed_log_that_still_has_its_first_segment) {
  for (const bool has_gap : {false, true}) {
    SCOPED_TRACE(has_gap);
    SimStorage disk(1);
    LoggedLedger ledger(disk, 1, {.archive = true});
    ASSERT_TRUE(ledger.start());
    ASSERT_TRUE(ledger.run(150));
    ASSERT_TRUE(ledger.take_snapshot(0)->status);
    ASSERT_TRUE(ledger.run(60));
    ASSERT_TRUE(ledger.take_snapshot(0)->status);
    ASSERT_TRUE(ledger.run(5));
    ledger.finish();
    ASSERT_TRUE(!has_gap || disk.remove(wal::segment_path("/data/log", 2)));
    const auto report = back_up(disk, options_for());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->earliest == Position{}, !has_gap);
    expect_ledger_at(disk, kBackup, ledger, ledger.position().value);
    ManualClock clock;
    const auto verified =
        replay::verify(disk, clock, recovery_options(), [](const replay::RecoveryProgress&) {});
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_TRUE(verified->all_agree());
    EXPECT_EQ(verified->begin == Position{}, !has_gap);
    replay::RestoreOptions options;
    options.backup = kLedgerDirectory;
    options.target = kRestored;
    const auto restored = replay::restore(disk, clock, options, [](u64) {});
    ASSERT_TRUE(restored) << restored.error().message;
    expect_ledger_at(disk, kRestored, ledger, ledger.position().value);
  }
}

}  // namespace
}  // namespace florin::test
