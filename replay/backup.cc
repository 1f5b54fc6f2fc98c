// The order in which a backup is put together: first the log, then the history that it reaches,
// then the snapshots, so that whatever a crash leaves can be recovered from. History that is newer
// than the snapshots is right with them, and older history is not: they leave ids to it.
#include "replay/backup.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <vector>

#include <fmt/core.h>

#include "base/int128.h"
#include "pipeline/log_record.h"
#include "replay/file_copy.h"
#include "replay/history_copy.h"
#include "replay/log_copy.h"
#include "replay/log_search.h"
#include "snapshot/directory.h"
#include "snapshot/reader.h"
#include "storage/aligned_buffer.h"
#include "storage/blocking.h"
#include "storage/data_directory.h"
#include "wal/marks.h"
#include "wal/reader.h"
#include "wal/segment_directory.h"

namespace florin::replay {

using snapshot::SnapshotInfo;
using storage::DataDirectory;

namespace {

// Stands in a target without an identity: the first backup into it is being made, or was cut off.
constexpr std::string_view kUnfinishedName = "/backup-unfinished";
// Is there for a moment.
constexpr std::string_view kProbeName = "/backup-probe";

// One attempt. Up to its end the target is at every moment as good as before, or better.
class BackupCopy {
 public:
  BackupCopy(storage::Storage& storage, const BackupOptions& options, const DataDirectory& source,
             const std::function<void(const BackupProgress&)>& report)
      : storage_(storage),
        options_(options),
        source_(source),
        target_log_(options.target + "/log"),
        target_snapshots_(options.target + "/snapshots"),
        report_(report) {}

  Status run(BackupReport& result);

  // Whether the source has trimmed its log or removed a snapshot since the beginning, so that
  // another attempt may succeed where this one failed.
  bool source_moved() const;

 private:
  Status open_target();
  Status refuse_source_itself();
  Status begin_new_target();
  Status find_target_end();
  Status choose_start();
  Status copy_parts();
  Status take_history();
  Status put_history();
  Status list_source();
  Result<std::vector<std::string>> snapshot_names() const;
  Status copy_log();
  Status sync_source(u64 first_segment, u64 last_segment);
  Status write_mark();
  Status copy_snapshots();
  Status copy_snapshot(const SnapshotInfo& info);
  Status check_reachable() const;
  Status seal_target();
  Status prune();
  Status describe(BackupReport& result);
  void report_progress(BackupProgress::Phase phase);

  storage::Storage& storage_;
  const BackupOptions& options_;
  const DataDirectory& source_;
  const std::string target_log_;
  const std::string target_snapshots_;
  const std::function<void(const BackupProgress&)>& report_;

  bool target_is_new_ = false;
  std::vector<SnapshotInfo> snapshots_;      // Of the source, newest first.
  std::vector<std::string> snapshot_names_;  // Of all that are there, whole or not.
  u64 first_source_segment_ = 0;
  // Of the source, as it was copied; if that has none, that of the target.
  std::optional<KeptHistory> history_;
  wal::LogEnd start_;  // The copy goes on behind this.
  std::optional<LogCopy> log_;
  std::vector<Error> passed_over_;
  u64 snapshots_copied_ = 0;
  u64 snapshot_bytes_ = 0;
};

Status BackupCopy::run(BackupReport& result) {
  RETURN_IF_ERROR(list_source());
  RETURN_IF_ERROR(open_target());
  if (!target_is_new_) RETURN_IF_ERROR(find_target_end());
  if (Status copied = copy_parts(); !copied) {
    // It may be what there was no room for; the error that counts is the first.
    std::ignore = remove_copied_history(options_.target);
    return copied;
  }
  RETURN_IF_ERROR(seal_target());
  if (options_.prune) RETURN_IF_ERROR(prune());
  return describe(result);
}

// History is copied after the snapshots were listed and before the log is read: so it has
// everything that they leave to it, and nothing that the log has not.
Status BackupCopy::copy_parts() {
  RETURN_IF_ERROR(take_history());
  if (target_is_new_) RETURN_IF_ERROR(choose_start());
  RETURN_IF_ERROR(copy_log());
  RETURN_IF_ERROR(write_mark());
  RETURN_IF_ERROR(put_history());
  return copy_snapshots();
}

Status BackupCopy::take_history() {
  auto copied = copy_history(source_, options_.target);
  RETURN_IF_ERROR(copied);
  history_ = std::move(*copied);
  for (const SnapshotInfo& info : snapshots_) {
    const std::string name = snapshot::snapshot_name(info.point.log.position);
    RETURN_IF_ERROR(check_history_reaches(history_, source_.snapshot_path() + "/" + name, info));
  }
  if (history_) return {};
  auto earlier = find_history(options_.target, source_.ledger_id());
  RETURN_IF_ERROR(earlier);
  history_ = std::move(*earlier);
  return {};
}

// What it could not follow would be missing in it for ever.
Status BackupCopy::put_history() {
  if (history_) {
    RETURN_IF_ERROR(check_history_goes_on(storage_, target_log_, source_.ledger_id(), *history_,
                                          "Make a new backup in an empty directory"));
  }
  return put_history_in_place(options_.target);
}

// Before the log is read: then the log reaches all of them.
Status BackupCopy::list_source() {
  const auto segments = wal::list_segments(storage_, source_.log_path());
  RETURN_IF_ERROR(segments);
  first_source_segment_ = segments->empty() ? 0 : segments->front().number;
  auto names = snapshot_names();
  RETURN_IF_ERROR(names);
  snapshot_names_ = std::move(*names);
  auto whole = snapshot::whole_snapshots(storage_, source_.snapshot_path(), source_.ledger_id(),
                                         pipeline::kStateMachineVersion, snapshot::kSnapshotsKept);
  RETURN_IF_ERROR(whole);
  snapshots_ = std::move(*whole);
  for (const SnapshotInfo& info : snapshots_) {
    const std::string name = snapshot::snapshot_name(info.point.log.position);
    RETURN_IF_ERROR(check_cut(storage_, source_.log_path(), source_.ledger_id(),
                              source_.snapshot_path() + "/" + name, info.point.log));
  }
  return {};
}

bool BackupCopy::source_moved() const {
  const auto segments = wal::list_segments(storage_, source_.log_path());
  const bool trimmed =
      segments && !segments->empty() && segments->front().number != first_source_segment_;
  const auto names = snapshot_names();
  return trimmed || (names && *names != snapshot_names_);
}

Result<std::vector<std::string>> BackupCopy::snapshot_names() const {
  const auto files = snapshot::list_snapshots(storage_, source_.snapshot_path());
  RETURN_IF_ERROR(files);
  std::vector<std::string> names;
  for (const snapshot::SnapshotFile& file : *files) names.push_back(file.name);
  return names;
}

Status BackupCopy::open_target() {
  const auto names = storage_.list(options_.target);
  if (!names && names.error().code != ErrorCode::NotFound) {
    return tl::unexpected<Error>(names.error());
  }
  const auto has = [&](std::string_view name) {
    return std::ranges::find(*names, name) != names->end();
  };
  if (!names || names->empty()) return begin_new_target();
  if (has(kUnfinishedName.substr(1)) && !has("identity")) return begin_new_target();
  const auto target = DataDirectory::open_existing(storage_, options_.target);
  if (!target && target.error().code == ErrorCode::NotFound) {
    return fail(
        ErrorCode::InvalidArgument,
        options_.target + " is neither empty nor an earlier backup; give a directory of its own");
  }
  RETURN_IF_ERROR(target);
  if (target->ledger_id() != source_.ledger_id()) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{} is a backup of ledger {}, and {} holds ledger {}; give another "
                            "directory",
                            options_.target, to_decimal(target->ledger_id()), source_.path(),
                            to_decimal(source_.ledger_id())));
  }
  RETURN_IF_ERROR(refuse_source_itself());
  return remove_unfinished_segments(storage_, target_log_);
}

// Under whatever path it was given: a file made in the one would be seen in the other.
Status BackupCopy::refuse_source_itself() {
  const std::string probe = options_.target + std::string(kProbeName);
  RETURN_IF_ERROR(remove_if_there(storage_, probe));
  const storage::AlignedBuffer sector(storage::kSectorBytes);
  RETURN_IF_ERROR(write_new_file(storage_, probe, sector.span()));
  const auto names = storage_.list(source_.path());
  RETURN_IF_ERROR(storage_.remove(probe));
  RETURN_IF_ERROR(names);
  if (std::ranges::find(*names, kProbeName.substr(1)) == names->end()) return {};
  return fail(ErrorCode::InvalidArgument,
              options_.target + " is " + source_.path() + " itself; give a directory of its own");
}

// What an attempt that was cut off left is removed: without an identity nobody relies on it.
Status BackupCopy::begin_new_target() {
  target_is_new_ = true;
  RETURN_IF_ERROR(storage::create_data_directory(storage_, options_.target));
  RETURN_IF_ERROR(remove_history(options_.target));
  const std::string unfinished = options_.target + std::string(kUnfinishedName);
  RETURN_IF_ERROR(remove_if_there(storage_, unfinished));
  const storage::AlignedBuffer sector(storage::kSectorBytes);
  RETURN_IF_ERROR(write_new_file(storage_, unfinished, sector.span()));
  for (const std::string& directory : {target_log_, target_snapshots_}) {
    RETURN_IF_ERROR(storage_.create_directory(directory));
    const auto names = storage_.list(directory);
    RETURN_IF_ERROR(names);
    for (const std::string& name : *names) {
      RETURN_IF_ERROR(storage_.remove(directory + "/" + name));
    }
    RETURN_IF_ERROR(storage_.sync_directory_now(directory));
  }
  return storage_.sync_directory_now(options_.target);
}

// Of a log that is not whole, what the older snapshot and history need: the server keeps the same.
Status BackupCopy::choose_start() {
  const auto segments = wal::list_segments(storage_, source_.log_path());
  RETURN_IF_ERROR(segments);
  if (segments->empty() || is_whole(*segments)) return {};
  if (snapshots_.empty()) {
    if (segments->front().number == 1) return {};  // The reader names what is missing.
    return fail(ErrorCode::Corrupt,
                fmt::format("the log in {} begins with segment {}, and there is no whole snapshot "
                            "to go with it",
                            source_.log_path(), segments->front().number));
  }
  start_ = snapshots_.back().point.log;
  if (!history_ || history_->mark.log.sequence >= start_.sequence) return {};
  RETURN_IF_ERROR(check_history_goes_on(
      storage_, source_.log_path(), source_.ledger_id(), *history_,
      "If the ledger is served without history, move it to another place; if not, use an earlier "
      "backup"));
  start_ = history_->mark.log;
  return {};
}

// The mark of the target names its last block, which must be in the source too: then the one goes
// on where the other ends.
Status BackupCopy::find_target_end() {
  const auto mark = wal::read_marks(storage_, target_log_, source_.ledger_id());
  RETURN_IF_ERROR(mark);
  if (mark->durable_sequence == 0) return {};
  const auto target_end =
      find_block(storage_, target_log_, source_.ledger_id(), mark->segment, mark->durable_sequence);
  RETURN_IF_ERROR(target_end);
  if (!*target_end || (*target_end)->chain != mark->chain) {
    return fail(ErrorCode::Corrupt,
                fmt::format("the last block of the backup, block {} in {}, is damaged; make a new "
                            "backup in an empty directory",
                            mark->durable_sequence, wal::segment_path(target_log_, mark->segment)));
  }
  const auto source_end = find_block(storage_, source_.log_path(), source_.ledger_id(),
                                     mark->segment, mark->durable_sequence);
  RETURN_IF_ERROR(source_end);
  if (!*source_end && mark->segment < first_source_segment_) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the backup in {} ends at position {}, and {} no longer has the log "
                            "from there on; make a new backup in an empty directory",
                            options_.target, mark->durable_position.value, source_.path()));
  }
  if (!*source_end || (*source_end)->chain != mark->chain) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the backup in {} has position {} of another history than {}, which "
                            "was put back to an older state, or damaged; keep the backup, and make "
                            "a new one in an empty directory",
                            options_.target, mark->durable_position.value, source_.path()));
  }
  start_ = **target_end;
  return {};
}

Status BackupCopy::copy_log() {
  const auto reader = wal::Reader::open(storage_, source_.log_path(), source_.ledger_id(),
                                        pipeline::kStateMachineVersion, start_);
  RETURN_IF_ERROR(reader);
  log_.emplace(storage_, target_log_, target_is_new_ ? source_.log_path() : target_log_, start_);
  u64 unsynced_from = start_.segment;  // Blocks before this segment are known to be durable.
  u64 durable_sequence = (*reader)->mark().durable_sequence;
  while (true) {
    const auto block = (*reader)->next();
    RETURN_IF_ERROR(block);
    if (!block->has_value()) break;
    durable_sequence = std::max(durable_sequence, (**block).header.durable_sequence);
    if (durable_sequence >= log_->end().sequence) unsynced_from = log_->end().segment;
    RETURN_IF_ERROR(log_->add(**block));
    report_progress(BackupProgress::Phase::Log);
  }
  RETURN_IF_ERROR(sync_source(unsynced_from, log_->end().segment));
  return log_->finish();
}

// What can be read may still be in the caches of the source: it is made durable there before the
// backup claims to have it.
Status BackupCopy::sync_source(u64 first_segment, u64 last_segment) {
  for (u64 segment = first_segment; segment <= last_segment; ++segment) {
    const auto file =
        storage_.open(wal::segment_path(source_.log_path(), segment), storage::OpenMode::Read);
    if (!file && log_->end().sequence == 0) return {};  // Nothing was ever logged.
    RETURN_IF_ERROR(file);
    const Status synced = storage_.sync_now(*file);
    storage_.close(*file);
    RETURN_IF_ERROR(synced);
  }
  return {};
}

// Into the older of the two places: should this be torn, the earlier mark stays.
Status BackupCopy::write_mark() {
  const u128 log_id = source_.ledger_id();
  if (target_is_new_) {
    return wal::create_marks(storage_, target_log_, log_id, wal::mark_of(log_->end(), 1));
  }
  const auto marks = wal::read_both_marks(storage_, target_log_, log_id);
  RETURN_IF_ERROR(marks);
  const wal::Mark* newest = wal::newest(*marks);
  if (newest->durable_sequence == log_->end().sequence) return {};
  const bool first_is_newest = (*marks)[0] && &*(*marks)[0] == newest;
  const u64 offset = first_is_newest ? storage::kSectorBytes : 0;
  storage::AlignedBuffer sector(storage::kSectorBytes);
  wal::store_mark(wal::mark_of(log_->end(), newest->count + 1), log_id, sector.span());
  const auto file = storage_.open(wal::marks_path(target_log_), storage::OpenMode::ReadWrite);
  RETURN_IF_ERROR(file);
  const Status written = storage::write_durably_now(storage_, *file, offset, sector.span());
  storage_.close(*file);
  return written;
}

Status BackupCopy::copy_snapshots() {
  RETURN_IF_ERROR(storage_.create_directory(target_snapshots_));
  RETURN_IF_ERROR(snapshot::remove_partial_snapshots(storage_, target_snapshots_));
  const auto there = snapshot::whole_snapshots(storage_, target_snapshots_, source_.ledger_id(),
                                               pipeline::kStateMachineVersion, ~usize{0});
  RETURN_IF_ERROR(there);
  for (auto info = snapshots_.rbegin(); info != snapshots_.rend(); ++info) {
    const bool is_there = std::ranges::any_of(*there, [&](const SnapshotInfo& other) {
      return other.point.log.chain == info->point.log.chain;
    });
    if (is_there) continue;
    const Status copied = copy_snapshot(*info);
    // The source has taken a newer one meanwhile, and needs this one no more; nor does the backup,
    // which has the log from before it and the next one.
    const bool replaced = !copied && copied.error().code == ErrorCode::NotFound &&
                          std::next(info) != snapshots_.rend();
    if (replaced) continue;
    // A damaged one is left out, if another or the whole log leads to the same.
    const bool damaged = !copied && copied.error().code == ErrorCode::Corrupt;
    if (!damaged) {
      RETURN_IF_ERROR(copied);
      continue;
    }
    passed_over_.push_back(copied.error());
    RETURN_IF_ERROR(snapshot::remove_partial_snapshots(storage_, target_snapshots_));
  }
  return passed_over_.empty() ? Status{} : check_reachable();
}

// Whether what was copied leads to the end without the snapshots that were passed over.
Status BackupCopy::check_reachable() const {
  const auto segments = wal::list_segments(storage_, target_log_);
  RETURN_IF_ERROR(segments);
  const auto there = snapshot::whole_snapshots(storage_, target_snapshots_, source_.ledger_id(),
                                               pipeline::kStateMachineVersion, 1);
  RETURN_IF_ERROR(there);
  if (!there->empty() || is_whole(*segments)) return {};
  return tl::unexpected<Error>(passed_over_.front());
}

// Read back whole before it gets its name.
Status BackupCopy::copy_snapshot(const SnapshotInfo& info) {
  const Position position = info.point.log.position;
  const std::string from = source_.snapshot_path() + "/" + snapshot::snapshot_name(position);
  const std::string partial = target_snapshots_ + "/" + snapshot::partial_name(position);
  const std::string to = target_snapshots_ + "/" + snapshot::snapshot_name(position);
  RETURN_IF_ERROR(copy_to_new_file(storage_, from, partial, [this](u64 bytes) {
    snapshot_bytes_ += bytes;
    report_progress(BackupProgress::Phase::Snapshots);
  }));
  const auto validate = [&](const std::string& path) -> Status {
    const auto reader =
        snapshot::Reader::open(storage_, path, source_.ledger_id(), pipeline::kStateMachineVersion);
    RETURN_IF_ERROR(reader);
    return (*reader)->validate();
  };
  if (const Status whole = validate(partial); !whole) {
    RETURN_IF_ERROR(validate(from));  // If it is the source's fault, that is what is told.
    return whole;
  }
  ++snapshots_copied_;
  return put_in_place(storage_, target_snapshots_, partial, to);
}

// With an identity it is a data directory.
Status BackupCopy::seal_target() {
  if (!target_is_new_) return {};
  const std::string& target = options_.target;
  RETURN_IF_ERROR(storage_.sync_directory_now(target));
  RETURN_IF_ERROR(
      storage::make_identity(storage_, target, {source_.ledger_id(), source_.segment_bytes()}));
  RETURN_IF_ERROR(storage_.remove(target + std::string(kUnfinishedName)));
  return storage_.sync_directory_now(target);
}

// Segments from the first on, so that a crash leaves no gap in the middle. What history has still
// to follow stays.
Status BackupCopy::prune() {
  auto needed_from = snapshot::keep_newest_snapshots(
      storage_, target_snapshots_, source_.ledger_id(), pipeline::kStateMachineVersion);
  RETURN_IF_ERROR(needed_from);
  if (history_) {
    const wal::LogEnd& end = history_->mark.log;
    needed_from = std::min(*needed_from, end.sequence == 0 ? u64{0} : end.segment);
  }
  const auto segments = wal::list_segments(storage_, target_log_);
  RETURN_IF_ERROR(segments);
  for (const wal::SegmentFile& segment : *segments) {
    if (segment.number >= *needed_from) break;
    RETURN_IF_ERROR(storage_.remove(wal::segment_path(target_log_, segment.number)));
    RETURN_IF_ERROR(storage_.sync_directory_now(target_log_));
  }
  return {};
}

Status BackupCopy::describe(BackupReport& result) {
  result.passed_over = passed_over_;
  result.ledger_id = source_.ledger_id();
  result.position = log_->end().position;
  result.chain = log_->end().chain;
  result.blocks = log_->blocks();
  result.bytes = log_->bytes() + snapshot_bytes_;
  result.segments = log_->segments();
  result.snapshots = snapshots_copied_;
  const auto segments = wal::list_segments(storage_, target_log_);
  RETURN_IF_ERROR(segments);
  if (segments->empty() || is_whole(*segments)) return {};
  const auto snapshots = snapshot::list_snapshots(storage_, target_snapshots_);
  RETURN_IF_ERROR(snapshots);
  if (!snapshots->empty()) result.earliest = snapshots->back().position;
  return {};
}

void BackupCopy::report_progress(BackupProgress::Phase phase) {
  report_({phase, log_->bytes() + snapshot_bytes_, log_->end().position});
}

}  // namespace

Result<BackupReport> copy_backup(storage::Storage& storage, Clock& clock,
                                 const BackupOptions& options,
                                 const std::function<void(const BackupProgress&)>& report) {
  const u64 start_ns = clock.monotonic_ns();
  const auto source = DataDirectory::open_existing(storage, options.source);
  RETURN_IF_ERROR(source);
  BackupReport result;
  while (true) {
    BackupCopy copy(storage, options, *source, report);
    const Status copied = copy.run(result);
    if (copied) break;
    if (result.attempts >= options.attempts_max || !copy.source_moved()) {
      return tl::unexpected<Error>(copied.error());
    }
    ++result.attempts;
  }
  result.duration_ns = clock.monotonic_ns() - start_ns;
  return result;
}

}  // namespace florin::replay
