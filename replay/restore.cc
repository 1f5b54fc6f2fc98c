// The first part of a log, and the snapshots in it.
#include "replay/restore.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include <fmt/core.h>

#include "pipeline/log_record.h"
#include "replay/file_copy.h"
#include "replay/history_copy.h"
#include "replay/log_copy.h"
#include "replay/log_search.h"
#include "snapshot/directory.h"
#include "snapshot/reader.h"
#include "storage/data_directory.h"
#include "wal/marks.h"
#include "wal/reader.h"
#include "wal/segment_directory.h"

namespace florin::replay {

using pipeline::RecordReader;
using snapshot::SnapshotInfo;
using storage::DataDirectory;

namespace {

// For who has nothing better.
constexpr std::string_view kWithoutHistory =
    "Restore from an earlier backup; or, to have the ledger without its history, move that to "
    "another place first, which is refused if ids were left to it";

u64 stored_bytes(const pipeline::RequestRecord& record) {
  return sizeof record +
         u64{record.event_count} * event_bytes(static_cast<ledger::Operation>(record.operation)) +
         u64{record.condition_count} * sizeof(ledger::Condition);
}

// The requests of a block that are not beyond the moment.
struct Part {
  bool is_all = true;
  u64 body_bytes = 0;
  u64 event_count = 0;
  u64 last_timestamp = 0;  // Of the last event; 0 = there is none.
};

Result<Part> part_until(const wal::Block& block, const Until& until) {
  Part part;
  RecordReader reader(block.body);
  while (true) {
    const auto entry = reader.next();
    RETURN_IF_ERROR(entry);
    if (!entry->has_value()) {
      part.body_bytes = block.body.size();
      return part;
    }
    const pipeline::RequestRecord& record = (**entry).record;
    if (until.is_before_end_of(record)) {
      part.is_all = false;
      return part;
    }
    part.body_bytes += stored_bytes(record);
    part.event_count += record.event_count;
    part.last_timestamp = record.timestamp + record.event_count - 1;
  }
}

class Restore {
 public:
  Restore(storage::Storage& storage, const RestoreOptions& options, const DataDirectory& backup,
          const std::function<void(u64)>& report)
      : storage_(storage),
        options_(options),
        backup_(backup),
        target_log_(options.target + "/log"),
        target_snapshots_(options.target + "/snapshots"),
        report_(report) {}

  Status run(RestoreReport& result);

 private:
  Status make_target();
  Status choose_snapshots();
  Status take_snapshots(u64 sequence_max);
  Status take_snapshot(const SnapshotInfo& info);
  Status validate(const std::string& name) const;
  Status choose_start();
  Status copy_log();
  Status add_part(const wal::Block& block, const Part& part);
  Status copy_snapshots();
  Status copy_history();
  Status seal_target();
  tl::unexpected<Error> too_early() const;

  storage::Storage& storage_;
  const RestoreOptions& options_;
  const DataDirectory& backup_;
  const std::string target_log_;
  const std::string target_snapshots_;
  const std::function<void(u64)>& report_;

  std::vector<SnapshotInfo> all_snapshots_;  // Newest first, ...
  std::vector<SnapshotInfo> snapshots_;      // ... and those that are not beyond the moment.
  std::vector<Error> passed_over_;
  std::optional<KeptHistory> history_;  // Of the backup.
  wal::LogEnd start_;                   // The log is copied from behind this.
  std::optional<LogCopy> log_;
  u64 last_timestamp_ = 0;
  u64 snapshot_bytes_ = 0;
};

Status Restore::run(RestoreReport& result) {
  auto history = find_history(backup_.path(), backup_.ledger_id());
  RETURN_IF_ERROR(history);
  history_ = std::move(*history);
  RETURN_IF_ERROR(choose_snapshots());
  RETURN_IF_ERROR(choose_start());
  RETURN_IF_ERROR(make_target());
  RETURN_IF_ERROR(copy_log());
  RETURN_IF_ERROR(copy_snapshots());
  RETURN_IF_ERROR(copy_history());
  RETURN_IF_ERROR(seal_target());
  result.ledger_id = backup_.ledger_id();
  result.position = log_->end().position;
  result.time = Timestamp{last_timestamp_};
  result.chain = log_->end().chain;
  result.snapshots = snapshots_.size();
  result.passed_over = std::move(passed_over_);
  result.blocks = log_->blocks();
  result.bytes = log_->bytes() + snapshot_bytes_;
  return {};
}

// The log may be cut off so shortly behind a snapshot that it does not say what became of the last
// blocks before it, and nobody executes these again: history that has still to follow them would
// wait for ever. So then older snapshots are preferred, where that is enough.
Status Restore::choose_snapshots() {
  auto whole = snapshot::whole_snapshots(storage_, backup_.snapshot_path(), backup_.ledger_id(),
                                         pipeline::kStateMachineVersion, ~usize{0});
  RETURN_IF_ERROR(whole);
  all_snapshots_ = std::move(*whole);
  const Until& until = options_.until;
  const bool is_cut =
      until.position.value != Until{}.position.value || until.time.ns != Until{}.time.ns;
  if (!history_ || !is_cut) return take_snapshots(~u64{0});
  RETURN_IF_ERROR(take_snapshots(history_->mark.log.sequence));
  const auto segments = wal::list_segments(storage_, backup_.log_path());
  RETURN_IF_ERROR(segments);
  if (!snapshots_.empty() || is_whole(*segments)) return {};
  passed_over_.clear();
  return take_snapshots(~u64{0});
}

// The newest that are not beyond the moment, nor behind a later log block than this.
Status Restore::take_snapshots(u64 sequence_max) {
  for (const SnapshotInfo& info : all_snapshots_) {
    const bool is_beyond = info.point.log.position > options_.until.position ||
                           info.point.last_timestamp > options_.until.time.ns ||
                           info.point.log.sequence > sequence_max;
    if (is_beyond || snapshots_.size() == snapshot::kSnapshotsKept) continue;
    RETURN_IF_ERROR(take_snapshot(info));
  }
  return {};
}

// One that is damaged, or leaves to history what that does not have, is passed over: an older one
// and more of the log come to the same.
Status Restore::take_snapshot(const SnapshotInfo& info) {
  const std::string name = snapshot::snapshot_name(info.point.log.position);
  const std::string path = backup_.snapshot_path() + "/" + name;
  RETURN_IF_ERROR(
      check_cut(storage_, backup_.log_path(), backup_.ledger_id(), path, info.point.log));
  Status usable = check_history_reaches(history_, path, info);
  if (usable) usable = validate(name);
  if (usable) {
    snapshots_.push_back(info);
    return {};
  }
  if (usable.error().code != ErrorCode::Corrupt) return usable;
  passed_over_.push_back(usable.error());
  return {};
}

Status Restore::validate(const std::string& name) const {
  const auto reader = snapshot::Reader::open(storage_, backup_.snapshot_path() + "/" + name,
                                             backup_.ledger_id(), pipeline::kStateMachineVersion);
  RETURN_IF_ERROR(reader);
  return (*reader)->validate();
}

Status Restore::make_target() {
  const auto names = storage_.list(options_.target);
  if (!names && names.error().code != ErrorCode::NotFound) {
    return tl::unexpected<Error>(names.error());
  }
  if (names && !names->empty()) {
    return fail(ErrorCode::InvalidArgument,
                options_.target + " is not empty; restore into a new directory");
  }
  RETURN_IF_ERROR(storage::create_data_directory(storage_, options_.target));
  RETURN_IF_ERROR(storage_.create_directory(target_log_));
  RETURN_IF_ERROR(storage_.create_directory(target_snapshots_));
  return storage_.sync_directory_now(options_.target);
}

tl::unexpected<Error> Restore::too_early() const {
  const std::string earliest = all_snapshots_.empty()
                                   ? "there is no whole snapshot in it"
                                   : fmt::format("its earliest snapshot is of position {}",
                                                 all_snapshots_.back().point.log.position.value);
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{} does not reach back that far: its log does not begin with the first "
                          "event, and {}. Restore a later moment, or from an older backup",
                          options_.backup, earliest));
}

// What the older snapshot and history need; all of a whole log.
Status Restore::choose_start() {
  const auto segments = wal::list_segments(storage_, backup_.log_path());
  RETURN_IF_ERROR(segments);
  // Without any snapshot the reader names what is missing.
  const bool from_the_first = segments->empty() || is_whole(*segments) ||
                              (all_snapshots_.empty() && segments->front().number == 1);
  if (from_the_first) return {};
  if (snapshots_.empty() && !passed_over_.empty()) {
    return tl::unexpected<Error>(passed_over_.front());
  }
  if (snapshots_.empty()) return too_early();
  start_ = snapshots_.back().point.log;
  last_timestamp_ = snapshots_.back().point.last_timestamp;
  if (!history_ || history_->mark.log.sequence >= start_.sequence) return {};
  RETURN_IF_ERROR(check_history_goes_on(storage_, backup_.log_path(), backup_.ledger_id(),
                                        *history_, kWithoutHistory));
  start_ = history_->mark.log;
  last_timestamp_ = history_->mark.last_timestamp;
  return {};
}

Status Restore::copy_log() {
  const auto reader = wal::Reader::open(
      storage_, backup_.log_path(), backup_.ledger_id(), pipeline::kStateMachineVersion, start_,
      options_.without_marks ? wal::MarksUse::Ignored : wal::MarksUse::Required);
  RETURN_IF_ERROR(reader);
  log_.emplace(storage_, target_log_, backup_.log_path(), start_);
  while (true) {
    const auto block = (*reader)->next();
    RETURN_IF_ERROR(block);
    if (!block->has_value()) break;
    const auto part = part_until(**block, options_.until);
    RETURN_IF_ERROR(part);
    if (part->last_timestamp != 0) last_timestamp_ = part->last_timestamp;
    if (!part->is_all) {
      RETURN_IF_ERROR(add_part(**block, *part));
      break;
    }
    RETURN_IF_ERROR(log_->add(**block));
    report_(log_->bytes());
  }
  return log_->finish();
}

// The block is made anew, with the requests before the moment. It is the last, so that no other
// names its checksum.
Status Restore::add_part(const wal::Block& block, const Part& part) {
  if (part.event_count == 0) return {};
  wal::Block cut = block;
  cut.body = block.body.first(part.body_bytes);
  cut.header.body_bytes = part.body_bytes;
  cut.header.event_count = part.event_count;
  cut.header.body_checksum = wal::body_checksum(cut.body);
  cut.header.header_checksum = wal::header_checksum(cut.header);
  return log_->add(cut);
}

Status Restore::copy_snapshots() {
  RETURN_IF_ERROR(
      wal::create_marks(storage_, target_log_, backup_.ledger_id(), wal::mark_of(log_->end(), 1)));
  for (auto info = snapshots_.rbegin(); info != snapshots_.rend(); ++info) {
    const Position position = info->point.log.position;
    const std::string name = snapshot::snapshot_name(position);
    const std::string from = backup_.snapshot_path() + "/" + name;
    const std::string partial = target_snapshots_ + "/" + snapshot::partial_name(position);
    RETURN_IF_ERROR(copy_to_new_file(storage_, from, partial, [this](u64 bytes) {
      snapshot_bytes_ += bytes;
      report_(log_->bytes() + snapshot_bytes_);
    }));
    RETURN_IF_ERROR(
        put_in_place(storage_, target_snapshots_, partial, target_snapshots_ + "/" + name));
  }
  return {};
}

Status Restore::copy_history() {
  if (!history_) return {};
  std::optional<SnapshotInfo> newest;
  if (!snapshots_.empty()) newest = snapshots_.front();
  if (!is_ahead(*history_, log_->end())) {
    RETURN_IF_ERROR(check_history_goes_on(storage_, target_log_, backup_.ledger_id(), *history_,
                                          kWithoutHistory));
  }
  return restore_history(*history_, options_.target, log_->end(), newest);
}

// Last: without an identity no server starts from it.
Status Restore::seal_target() {
  return storage::make_identity(storage_, options_.target,
                                {backup_.ledger_id(), backup_.segment_bytes()});
}

}  // namespace

Result<RestoreReport> restore(storage::Storage& storage, Clock& clock,
                              const RestoreOptions& options,
                              const std::function<void(u64 bytes_copied)>& report) {
  const u64 start_ns = clock.monotonic_ns();
  const auto backup = DataDirectory::open_existing(storage, options.backup);
  RETURN_IF_ERROR(backup);
  RestoreReport result;
  RETURN_IF_ERROR(Restore(storage, options, *backup, report).run(result));
  result.duration_ns = clock.monotonic_ns() - start_ns;
  return result;
}

}  // namespace florin::replay
