// Backups and restores of ledgers with history: what was copied together goes on together. The
// logs and snapshots are on a simulated disk; history is in directories of the same names on a real
// one.
#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "history/rocks_store.h"
#include "replay/backup.h"
#include "replay/history_build.h"
#include "replay/restore.h"
#include "snapshot/directory.h"
#include "snapshot/reader.h"
#include "tests/snapshot/logged_ledger.h"
#include "tests/storage/scratch.h"
#include "wal/segment_directory.h"

namespace florin::test {
namespace {

namespace fs = std::filesystem;

struct Places {
  Places() {
    for (const std::string& path : {data, backup, restored}) fs::create_directory(path);
  }
  storage::ScratchDirectory scratch;
  const std::string data = scratch / "data";
  const std::string backup = scratch / "backup";
  const std::string restored = scratch / "restored";
};

Status start(LoggedLedger& ledger, SimStorage& disk, const Places& places) {
  RETURN_IF_ERROR(disk.create_directory(places.scratch.path()));
  return ledger.start();
}

std::unique_ptr<history::RocksStore> open_history(const std::string& directory) {
  history::RocksOptions options;
  options.directory = directory + "/history";
  options.ledger_id = kLedgerId;
  options.cache_bytes = 4 * kMiB;
  auto store = history::RocksStore::open(options);
  EXPECT_TRUE(store) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

Status follow_log(SimStorage& disk, const std::string& directory, history::Store& store) {
  const auto user = disk.another_user();
  replay::HistoryBuildOptions options;
  options.log_directory = directory + "/log";
  options.log_id = kLedgerId;
  const auto built =
      replay::build_history(*user, options, store, [](const replay::HistoryBuildProgress&) {});
  if (!built) return tl::unexpected<Error>(built.error());
  return {};
}

// History follows the log of the directory to its end, where every outcome is logged.
history::Mark follow(SimStorage& disk, const std::string& directory) {
  const auto store = open_history(directory);
  if (store == nullptr) return {};
  const Status followed = follow_log(disk, directory, *store);
  EXPECT_TRUE(followed) << followed.error().message;
  return store->durable();
}

Result<replay::BackupReport> back_up(SimStorage& disk, const Places& places, bool prune = false) {
  ManualClock clock;
  replay::BackupOptions options;
  options.source = places.data;
  options.target = places.backup;
  options.prune = prune;
  const auto user = disk.another_user();
  return replay::copy_backup(*user, clock, options, [](const replay::BackupProgress&) {});
}

Result<replay::RestoreReport> restore(SimStorage& disk, const std::string& from,
                                      const std::string& to, const replay::Until& until = {}) {
  ManualClock clock;
  replay::RestoreOptions options;
  options.backup = from;
  options.target = to;
  options.until = until;
  const auto user = disk.another_user();
  return replay::restore(*user, clock, options, [](u64) {});
}

// The directory can be served as it is, with the ledger as of some position, which is returned;
// history then follows its log without a gap.
u64 expect_served(SimStorage& disk, const std::string& directory, const LoggedLedger& ledger) {
  const auto store = open_history(directory);
  if (store == nullptr) return 0;
  auto options = recovery_options(2, 1, directory);
  options.past = store.get();
  options.history_durable = store->durable().log;
  const auto recovered = recover_from(disk, options);
  EXPECT_TRUE(recovered) << recovered.error().message;
  if (!recovered) return 0;
  EXPECT_TRUE(recovered->rejected.empty());
  const u64 position = recovered->order.position.value;
  const auto digest = ledger.digests().find(position);
  EXPECT_NE(digest, ledger.digests().end()) << position;
  if (digest != ledger.digests().end()) {
    EXPECT_EQ(recovered->engine->digest(), digest->second);
  }
  const Status followed = follow_log(disk, directory, *store);
  EXPECT_TRUE(followed) << followed.error().message;
  const auto checked = store->check([](u64) {});
  EXPECT_TRUE(checked) << checked.error().message;
  return position;
}

u64 first_segment(SimStorage& disk, const std::string& directory) {
  const auto segments = wal::list_segments(disk, directory + "/log");
  return segments && !segments->empty() ? segments->front().number : 0;
}

// As a server does that needs the log from this segment on.
void trim(SimStorage& disk, const std::string& directory, u64 before) {
  const auto segments = wal::list_segments(disk, directory + "/log");
  ASSERT_TRUE(segments);
  for (const wal::SegmentFile& segment : *segments) {
    if (segment.number >= before) return;
    ASSERT_TRUE(disk.remove(wal::segment_path(directory + "/log", segment.number)));
  }
}

// Newest first.
std::vector<snapshot::SnapshotInfo> snapshots_of(SimStorage& disk, const std::string& directory) {
  auto whole = snapshot::whole_snapshots(disk, directory + "/snapshots", kLedgerId,
                                         pipeline::kStateMachineVersion, ~usize{0});
  EXPECT_TRUE(whole);
  return whole ? *whole : std::vector<snapshot::SnapshotInfo>{};
}

// In two parts: what the first did may leave memory in the second.
void run_and_take_snapshot(LoggedLedger& ledger, u32 requests) {
  ASSERT_TRUE(ledger.run(requests / 2));
  ASSERT_TRUE(ledger.run(requests / 2));
  const auto taken = ledger.take_snapshot(5);
  ASSERT_TRUE(taken && taken->status);
}

// Two snapshots, and a history that ends before the segment of the older one, at the mark.
void run_with_history_behind(SimStorage& disk, const Places& places, LoggedLedger& ledger,
                             history::Mark& mark) {
  ASSERT_TRUE(start(ledger, disk, places));
  ASSERT_TRUE(ledger.run(150));
  mark = follow(disk, places.data);
  run_and_take_snapshot(ledger, 150);
  run_and_take_snapshot(ledger, 60);
  ASSERT_TRUE(ledger.run(60));
  ledger.finish();
  trim(disk, places.data, mark.log.segment);
  ASSERT_GT(mark.log.segment, 1U);
  ASSERT_LT(mark.log.segment, snapshots_of(disk, places.data).back().point.log.segment);
}

TEST(BackupOfHistory, has_the_log_that_history_has_still_to_follow) {
  for (u64 seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Places places;
    SimStorage disk(seed);
    LoggedLedger ledger(disk, seed, {.archive = true, .directory = places.data});
    history::Mark mark;
    run_with_history_behind(disk, places, ledger, mark);
    ASSERT_FALSE(HasFailure());
    const auto report = back_up(disk, places);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->position, ledger.position());
    EXPECT_EQ(first_segment(disk, places.backup), mark.log.segment);
    const auto restored = restore(disk, places.backup, places.restored);
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(first_segment(disk, places.restored), mark.log.segment);
    EXPECT_EQ(expect_served(disk, places.restored, ledger), ledger.position().value);

    // With newer snapshots, pruned: history is where it was.
    run_and_take_snapshot(ledger, 100);
    run_and_take_snapshot(ledger, 100);
    ASSERT_TRUE(ledger.run(60));
    const auto pruned = back_up(disk, places, true);
    ASSERT_TRUE(pruned) << pruned.error().message;
    EXPECT_EQ(snapshots_of(disk, places.backup).size(), snapshot::kSnapshotsKept);
    EXPECT_EQ(first_segment(disk, places.backup), mark.log.segment);
    // And when it has followed, the log before the snapshots goes.
    const history::Mark later = follow(disk, places.data);
    EXPECT_GT(later.log.position, mark.log.position);
    const auto again = back_up(disk, places, true);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_GT(first_segment(disk, places.backup), mark.log.segment);
    EXPECT_EQ(expect_served(disk, places.backup, ledger), ledger.position().value);
  }
}

TEST(BackupOfHistory, that_could_not_go_on_is_refused) {
  const Places places;
  SimStorage disk(1);
  LoggedLedger ledger(disk, 1, {.archive = true, .directory = places.data});
  history::Mark mark;
  run_with_history_behind(disk, places, ledger, mark);
  ASSERT_FALSE(HasFailure());
  trim(disk, places.data, mark.log.segment + 1);
  const auto refused = back_up(disk, places);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Corrupt);
  const std::string message = refused.error().message;
  EXPECT_NE(message.find(places.data + "/history"), std::string::npos) << message;
  EXPECT_NE(message.find(std::to_string(mark.log.position.value)), std::string::npos) << message;
  EXPECT_FALSE(storage::DataDirectory::open_existing(disk, places.backup));
  EXPECT_FALSE(fs::exists(places.backup + "/history.new"));
  const auto not_restored = restore(disk, places.data, places.restored);
  ASSERT_FALSE(not_restored);
  EXPECT_EQ(not_restored.error().code, ErrorCode::Corrupt);
  EXPECT_EQ(not_restored.error().message.substr(0, 60), message.substr(0, 60));
  // As the message says: nothing of this ledger is in history alone.
  fs::rename(places.data + "/history", places.data + "/elsewhere");
  ASSERT_TRUE(back_up(disk, places));
  const auto recovered = recover_from(disk, recovery_options(1, 1, places.backup));
  ASSERT_TRUE(recovered) << recovered.error().message;
  EXPECT_EQ(recovered->engine->digest(), ledger.digests().at(ledger.position().value));
}

TEST(BackupOfHistory, that_the_log_of_the_earlier_backup_is_too_short_for_is_refused) {
  const Places places;
  SimStorage disk(2);
  LoggedLedger ledger(disk, 2, {.archive = true, .directory = places.data});
  history::Mark mark;
  run_with_history_behind(disk, places, ledger, mark);
  ASSERT_FALSE(HasFailure());
  const std::string behind = places.scratch / "behind";
  ASSERT_TRUE(history::copy_store(places.data + "/history", behind));
  const history::Mark later = follow(disk, places.data);
  ASSERT_TRUE(back_up(disk, places));
  EXPECT_GT(first_segment(disk, places.backup), mark.log.segment);
  fs::remove_all(places.data + "/history");
  fs::rename(behind, places.data + "/history");
  ASSERT_TRUE(ledger.run(20));
  const auto refused = back_up(disk, places);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("in an empty directory"), std::string::npos)
      << refused.error().message;
  EXPECT_FALSE(fs::exists(places.backup + "/history.new"));
  EXPECT_EQ(open_history(places.backup)->durable(), later);
  EXPECT_GT(expect_served(disk, places.backup, ledger), 0U);
}

// Everything that a backup is: the files on the simulated disk, and history beside them.
class SavedBackup {
 public:
  SavedBackup(SimStorage& disk, const Places& places)
      : image_(disk.image()), backup_(places.backup), saved_(places.scratch / "saved") {
    fs::copy(backup_, saved_, fs::copy_options::recursive);
  }
  const DiskImage& image() const { return image_; }
  void put_back() const {
    fs::remove_all(backup_);
    fs::copy(saved_, backup_, fs::copy_options::recursive);
  }

 private:
  const DiskImage image_;
  const std::string backup_;
  const std::string saved_;
};

// Memory is a window, and both snapshots leave ids to history, which has them.
void run_windowed(SimStorage& disk, const Places& places, LoggedLedger& ledger) {
  ASSERT_TRUE(start(ledger, disk, places));
  run_and_take_snapshot(ledger, 90);
  follow(disk, places.data);
  run_and_take_snapshot(ledger, 60);
  ASSERT_TRUE(ledger.run(40));
  follow(disk, places.data);
  for (const auto& info : snapshots_of(disk, places.data)) ASSERT_GT(info.retired(), 0U);
}

void expect_only_history(const std::string& directory) {
  EXPECT_TRUE(fs::exists(directory + "/history"));
  EXPECT_FALSE(fs::exists(directory + "/history.new"));
  EXPECT_FALSE(fs::exists(directory + "/history.old"));
}

// Power cuts throughout an incremental backup with newer snapshots: at every operation of its end,
// where history and the snapshots take their places, and here and there before (with FLORIN_SOAK=9
// everywhere).
TEST(BackupOfHistory, cut_off_anywhere_can_be_served_and_is_completed_by_the_next) {
  const Places places;
  SimStorage prepared(7);
  MemoryPast past;
  LoggedLedger ledger(prepared, 7, {.archive = true, .past = &past, .directory = places.data});
  run_windowed(prepared, places, ledger);
  ASSERT_FALSE(HasFatalFailure());
  trim(prepared, places.data, snapshots_of(prepared, places.data).back().point.log.segment);
  ASSERT_TRUE(back_up(prepared, places));
  const u64 earlier = ledger.position().value;
  const Position earlier_history = open_history(places.backup)->durable().log.position;
  run_and_take_snapshot(ledger, 40);
  run_and_take_snapshot(ledger, 40);
  ASSERT_TRUE(ledger.run(30));
  ledger.finish();
  const u64 later = ledger.position().value;
  const Position later_history = follow(prepared, places.data).log.position;
  // With the newer snapshots the earlier history would be of no use.
  for (const auto& info : snapshots_of(prepared, places.data)) {
    ASSERT_GT(info.retired_position, earlier_history);
  }
  const SavedBackup saved(prepared, places);
  SimStorage whole(0, saved.image());
  ASSERT_TRUE(back_up(whole, places));
  const u64 end = whole.operations();
  const u64 stride = kSanitized ? 15 : std::max<u64>(1, 9 / soak_factor());
  u64 histories[2] = {};  // Earlier, later.
  u64 with_newer_snapshot = 0;
  for (u64 operations = 0; operations < end; operations += operations + 12 < end ? stride : 1) {
    SCOPED_TRACE("operations " + std::to_string(operations));
    saved.put_back();
    SimStorage disk(operations, saved.image());
    disk.lose_power_after(operations);
    ASSERT_FALSE(back_up(disk, places));
    disk.crash();
    const Position history = open_history(places.backup)->durable().log.position;
    EXPECT_TRUE(history == earlier_history || history == later_history);
    ++histories[history == later_history ? 1 : 0];
    with_newer_snapshot += snapshots_of(disk, places.backup).size() > 2 ? 1 : 0;
    EXPECT_GE(expect_served(disk, places.backup, ledger), earlier);
    const auto again = back_up(disk, places);
    ASSERT_TRUE(again) << again.error().message;
    expect_only_history(places.backup);
    EXPECT_EQ(expect_served(disk, places.backup, ledger), later);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(histories[0], 2U);
  EXPECT_GT(histories[1], 2U);
  EXPECT_GT(with_newer_snapshot, 0U);
}

// Each state between the steps by which one history takes the place of the other.
TEST(BackupOfHistory, cut_off_between_two_histories_can_be_restored_and_is_completed_by_the_next) {
  const Places places;
  SimStorage prepared(8);
  MemoryPast past;
  LoggedLedger ledger(prepared, 8, {.past = &past, .directory = places.data});
  run_windowed(prepared, places, ledger);
  ASSERT_FALSE(HasFatalFailure());
  ASSERT_TRUE(back_up(prepared, places));
  const std::string earlier = places.scratch / "earlier";
  fs::rename(places.backup + "/history", earlier);
  const auto lost = restore(prepared, places.backup, places.restored);
  ASSERT_FALSE(lost);
  EXPECT_NE(lost.error().message.find("no history"), std::string::npos) << lost.error().message;
  ASSERT_TRUE(ledger.run(60));
  ledger.finish();
  follow(prepared, places.data);
  ASSERT_TRUE(back_up(prepared, places));
  const std::string later = places.scratch / "later";
  fs::rename(places.backup + "/history", later);
  struct State {
    const char* earlier;
    const char* later;
  };
  for (const State& state : {State{"/history", "/history.new"},
                             {"/history.old", "/history.new"},
                             {"/history.old", nullptr},
                             {"/history.old", "/history"},
                             {nullptr, "/history"}}) {
    SCOPED_TRACE(testing::Message() << (state.earlier ? state.earlier : "none") << " "
                                    << (state.later ? state.later : "none"));
    for (const char* name : {"/history", "/history.old", "/history.new"}) {
      fs::remove_all(places.backup + name);
    }
    fs::remove_all(places.restored);
    fs::create_directory(places.restored);
    const auto put = [&](const std::string& store, const char* name) {
      if (name == nullptr) return;
      ASSERT_TRUE(history::copy_store(store, places.backup + name));
    };
    put(earlier, state.earlier);
    put(later, state.later);
    SimStorage disk(8, prepared.image());
    DiskImage empty = prepared.image();
    std::erase_if(empty.files,
                  [&](const auto& file) { return file.first.starts_with(places.restored + "/"); });
    std::erase_if(empty.directories,
                  [&](const auto& path) { return path.starts_with(places.restored); });
    SimStorage target(8, empty);
    const auto restored = restore(target, places.backup, places.restored);
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(restored->snapshots, 2U);
    EXPECT_EQ(expect_served(target, places.restored, ledger), ledger.position().value);
    const auto again = back_up(disk, places);
    ASSERT_TRUE(again) << again.error().message;
    expect_only_history(places.backup);
    EXPECT_EQ(expect_served(disk, places.backup, ledger), ledger.position().value);
  }
}

TEST(RestoreOfHistory, falls_back_to_the_snapshot_that_history_reaches) {
  const Places places;
  SimStorage disk(9);
  MemoryPast past;
  LoggedLedger ledger(disk, 9, {.archive = true, .past = &past, .directory = places.data});
  ASSERT_TRUE(start(ledger, disk, places));
  run_and_take_snapshot(ledger, 150);
  ASSERT_TRUE(ledger.run(20));
  const history::Mark mark = follow(disk, places.data);
  run_and_take_snapshot(ledger, 60);
  ASSERT_TRUE(ledger.run(20));
  ledger.finish();
  const auto snapshots = snapshots_of(disk, places.data);
  ASSERT_EQ(snapshots.size(), 2U);
  ASSERT_GT(snapshots.front().retired_position, mark.log.position);
  ASSERT_LE(snapshots.back().retired_position, mark.log.position);
  ASSERT_GT(snapshots.back().retired(), 0U);
  trim(disk, places.data, std::min(snapshots.back().point.log.segment, mark.log.segment));
  ASSERT_GT(first_segment(disk, places.data), 1U);

  const auto refused = back_up(disk, places);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Corrupt);
  EXPECT_NE(refused.error().message.find("snapshot"), std::string::npos);

  const auto restored = restore(disk, places.data, places.restored);
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->snapshots, 1U);
  ASSERT_EQ(restored->passed_over.size(), 1U);
  EXPECT_NE(restored->passed_over.front().message.find("to history"), std::string::npos);
  EXPECT_EQ(restored->position, ledger.position());
  EXPECT_EQ(expect_served(disk, places.restored, ledger), ledger.position().value);

  fs::remove_all(places.data + "/history");
  const auto without = restore(disk, places.data, places.scratch / "other");
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, ErrorCode::Corrupt);
  EXPECT_NE(without.error().message.find("no history"), std::string::npos)
      << without.error().message;
}

// The log then does not say what became of the last blocks before the snapshot: whoever goes on
// from that says it no more.
TEST(RestoreOfHistory, to_a_moment_right_behind_a_snapshot_that_it_lags_behind_goes_on) {
  u64 from_older = 0;
  for (u64 seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Places places;
    SimStorage disk(seed);
    LoggedLedger ledger(disk, seed, {.archive = true, .directory = places.data});
    ASSERT_TRUE(start(ledger, disk, places));
    run_and_take_snapshot(ledger, 60);
    ASSERT_TRUE(ledger.run(30));
    const history::Mark mark = follow(disk, places.data);
    run_and_take_snapshot(ledger, 60);
    ASSERT_TRUE(ledger.run(30));
    ledger.finish();
    const auto snapshots = snapshots_of(disk, places.data);
    ASSERT_EQ(snapshots.size(), 2U);
    ASSERT_GT(snapshots.front().point.log.sequence, mark.log.sequence);
    ASSERT_LT(snapshots.back().point.log.sequence, mark.log.sequence);
    const Position until{snapshots.front().point.log.position.value};
    const auto restored = restore(disk, places.data, places.restored, {.position = until});
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(restored->position, until);
    from_older += restored->snapshots == 1 ? 1 : 0;
    LoggedLedger next(disk, seed, {.archive = true, .directory = places.restored});
    ASSERT_TRUE(next.start());
    EXPECT_EQ(next.engine().digest(), ledger.digests().at(until.value));
    ASSERT_TRUE(next.run(60));
    next.finish();
    EXPECT_GT(follow(disk, places.restored).log.position, until);
    EXPECT_EQ(expect_served(disk, places.restored, next), next.position().value);
  }
  EXPECT_EQ(from_older, 4U);
}

// History that is far ahead is cut off where the restored snapshot is.
TEST(RestoreOfHistory, to_an_earlier_moment_goes_on_from_there) {
  for (const bool windowed : {false, true}) {
    SCOPED_TRACE(windowed);
    const Places places;
    SimStorage disk(10);
    MemoryPast past;
    LoggedLedger ledger(
        disk, 10, {.archive = true, .past = windowed ? &past : nullptr, .directory = places.data});
    ASSERT_TRUE(start(ledger, disk, places));
    run_and_take_snapshot(ledger, 90);
    run_and_take_snapshot(ledger, 60);
    ASSERT_TRUE(ledger.run(150));
    ledger.finish();
    const history::Mark mark = follow(disk, places.data);
    ASSERT_TRUE(back_up(disk, places));
    const auto snapshots = snapshots_of(disk, places.backup);
    ASSERT_EQ(snapshots.size(), 2U);
    EXPECT_EQ(snapshots.front().retired() != 0, windowed);
    for (const auto& newest : snapshots) {
      const u64 cut = newest.point.log.position.value;
      const u64 until = cut + 80;
      SCOPED_TRACE("position " + std::to_string(until));
      ASSERT_LT(until + 100, mark.log.position.value);
      SimStorage copy(until, disk.image());
      const std::string target = places.scratch / ("until" + std::to_string(until));
      fs::create_directory(target);
      const auto restored = restore(copy, places.backup, target, {.position = Position{until}});
      ASSERT_TRUE(restored) << restored.error().message;
      EXPECT_EQ(open_history(target)->durable().log, newest.point.log);
      EXPECT_EQ(expect_served(copy, target, ledger), restored->position.value);
      if (windowed) continue;
      // Another life from here on, which history follows.
      LoggedLedger next(copy, until, {.archive = true, .directory = target});
      ASSERT_TRUE(next.start());
      EXPECT_EQ(next.position(), restored->position);
      ASSERT_TRUE(next.run(60));
      next.finish();
      const history::Mark followed = follow(copy, target);
      EXPECT_GT(followed.log.position.value, until);
      EXPECT_EQ(expect_served(copy, target, next), next.position().value);
      // It is what is made of the whole log.
      fs::rename(target + "/history", target + "/goes-on");
      EXPECT_EQ(follow(copy, target), followed);
    }
  }
}

}  // namespace
}  // namespace florin::test
