// Chooses a snapshot, and executes the log behind it.
#include "replay/recovery.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "pipeline/log_record.h"
#include "replay/log_search.h"
#include "replay/log_source.h"
#include "replay/progress_meter.h"
#include "snapshot/directory.h"
#include "snapshot/loader.h"
#include "snapshot/reader.h"
#include "wal/segment_directory.h"

namespace florin::replay {

namespace {

using snapshot::CutPoint;
using snapshot::SnapshotFile;

class Recovery {
 public:
  Recovery(storage::Storage& storage, Clock& clock, const RecoveryOptions& options,
           const ProgressMeter::Report& report)
      : storage_(storage), clock_(clock), options_(options), report_(report) {}

  Result<Recovered> run() {
    const u64 start_ns = clock_.monotonic_ns();
    RETURN_IF_ERROR(load_newest_snapshot());
    if (const Status agreed = check_history_end(); !agreed) return explain(agreed.error());
    if (!recovered_.engine) RETURN_IF_ERROR(make_engine());
    if (const Status executed = execute_log(); !executed) return explain(executed.error());
    if (const Status agreed = check_rejected(); !agreed) return explain(agreed.error());
    if (!stopped_ && options_.past != nullptr) {
      RETURN_IF_ERROR(
          check_read_to(options_.history_durable, recovered_.end, options_.log_directory));
    }
    RETURN_IF_ERROR(look_after_snapshots());
    recovered_.duration_ns = clock_.monotonic_ns() - start_ns;
    return std::move(recovered_);
  }

 private:
  // A rejected snapshot whose first sector could be read: the log was durable up to its cut.
  struct Witness {
    std::string path;
    CutPoint point;
    bool met = false;     // The log has a block of its number, ...
    bool agrees = false;  // ... and it is that block.
  };

  Status check_history(const std::string& path, const snapshot::SnapshotInfo& info) const;
  Status check_history_end() const;
  tl::unexpected<Error> refuse_history(std::string_view what) const;
  Status read_log() const;
  Status make_engine();
  Status load_newest_snapshot();
  Status load_snapshot(const SnapshotFile& file);
  Status execute_log();
  Status execute(LogSource& source, Executor& executor);
  u64 bytes_expected(const LogSource& source) const;
  void remember(const wal::BlockHeader& header);
  tl::unexpected<Error> explain(const Error& error) const;
  Status check_rejected() const;
  Status look_after_snapshots();

  storage::Storage& storage_;
  Clock& clock_;
  const RecoveryOptions& options_;
  const ProgressMeter::Report& report_;
  Recovered recovered_;
  std::vector<std::string> damaged_;  // Names of files.
  std::vector<Witness> witnesses_;
  std::deque<pipeline::ChainPoint> points_;
  bool stopped_ = false;        // Before the end of the log, as asked.
  bool needs_history_ = false;  // A snapshot has not all, and history does not have the rest.
  u64 bytes_marked_ = 0;        // Of the log up to the segment that the mark names.
};

Status Recovery::make_engine() {
  recovered_.engine.reset();  // Before the next one reserves its memory.
  auto engine = engine::Engine::create(options_.limits, options_.partitions, options_.hash_seed);
  if (!engine) return tl::unexpected<Error>(std::move(engine).error());
  recovered_.engine = std::move(*engine);
  if (options_.touch_memory) {
    recovered_.engine->touch(options_.limits.accounts_max, options_.limits.transfers_max);
  }
  return {};
}

// An error here is one that no other snapshot would help against.
Status Recovery::load_newest_snapshot() {
  if (options_.snapshot_directory.empty()) return {};
  const auto files = snapshot::list_snapshots(storage_, options_.snapshot_directory);
  RETURN_IF_ERROR(files);
  for (const SnapshotFile& file : *files) {
    if (file.position > options_.until.position) continue;
    const Status loaded = load_snapshot(file);
    if (loaded && recovered_.snapshot) return {};
    if (loaded) continue;  // Later than what is asked for, or of another log.
    recovered_.engine.reset();
    const ErrorCode code = loaded.error().code;
    if (needs_history_) return loaded;
    if (code == ErrorCode::Capacity || code == ErrorCode::NoSpace ||
        code == ErrorCode::InvalidArgument) {
      return loaded;
    }
    const bool is_damaged = code == ErrorCode::Corrupt || code == ErrorCode::Io;
    if (is_damaged) damaged_.push_back(file.name);
    recovered_.rejected.push_back({options_.snapshot_directory + "/" + file.name, loaded.error()});
  }
  return {};
}

Status Recovery::load_snapshot(const SnapshotFile& file) {
  const std::string path = options_.snapshot_directory + "/" + file.name;
  const auto reader =
      snapshot::Reader::open(storage_, path, options_.log_id, pipeline::kStateMachineVersion);
  RETURN_IF_ERROR(reader);
  const snapshot::SnapshotInfo& info = (*reader)->info();
  if (info.point.log.position != file.position) {
    return fail(ErrorCode::Corrupt, fmt::format("snapshot {} is of position {}: it was renamed",
                                                path, info.point.log.position.value));
  }
  if (info.point.last_timestamp > options_.until.time.ns) return {};
  if (const Status known = check_history(path, info); !known) {
    needs_history_ = true;
    return known;
  }
  witnesses_.push_back({path, info.point});
  const Status cut =
      check_cut(storage_, options_.log_directory, options_.log_id, path, info.point.log);
  if (!cut) {
    recovered_.rejected.push_back({path, cut.error()});
    return {};
  }
  RETURN_IF_ERROR(make_engine());
  ProgressMeter meter(clock_, report_, RecoveryPhase::Snapshot);
  RETURN_IF_ERROR(snapshot::load(**reader, *recovered_.engine, options_.limits, options_.threads,
                                 [&](u64 bytes) { meter.advance(bytes, info.file_bytes, 0); }));
  recovered_.snapshot = info.point;
  recovered_.snapshot_bytes = info.file_bytes;
  recovered_.snapshot_taken_at = info.taken_at;
  return {};
}

// What left memory before the snapshot was cut is in history alone.
Status Recovery::check_history(const std::string& path, const snapshot::SnapshotInfo& info) const {
  if (info.retired() == 0) return {};
  if (options_.past == nullptr) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("snapshot {} leaves {} ids to history, which is switched off; start "
                            "with --history on",
                            path, info.retired()));
  }
  const Position durable = options_.history_durable.position;
  if (durable >= info.retired_position) return {};
  return fail(ErrorCode::Corrupt,
              fmt::format("history ends at position {}, but snapshot {} leaves to it what was "
                          "decided up to position {}; nothing was changed. Put the history back as "
                          "it was, or start from a backup",
                          durable.value, path, info.retired_position.value));
}

Status Recovery::execute_log() {
  const CutPoint from = recovered_.snapshot.value_or(CutPoint{});
  LogSourceOptions source_options;
  source_options.directory = options_.log_directory;
  source_options.log_id = options_.log_id;
  source_options.state_machine_version = pipeline::kStateMachineVersion;
  source_options.from = from.log;
  source_options.read_ahead = options_.threads > 1;
  const auto segments = wal::list_segments_from(storage_, options_.log_directory, from.log.segment);
  RETURN_IF_ERROR(segments);
  const auto source = LogSource::open(storage_, source_options);
  RETURN_IF_ERROR(source);
  for (const wal::SegmentFile& segment : *segments) {
    if (segment.number <= (*source)->mark().segment) bytes_marked_ += segment.size_bytes;
  }
  ExecutorStart start;
  start.order = {from.log.position, from.last_timestamp};
  start.log_sequence = from.log.sequence;
  recovered_.engine->set_past(options_.past, from.log.position);
  if (options_.past != nullptr) start.history_durable = options_.history_durable.position;
  Executor executor(*recovered_.engine, options_.limits, start);
  recovered_.end = from.log;
  points_.push_back({from.log.position, from.log.chain});
  RETURN_IF_ERROR(execute(**source, executor));
  recovered_.chain.assign(points_.begin(), points_.end());
  recovered_.order = executor.order();
  recovered_.events = executor.position().value - from.log.position.value;
  recovered_.blocks_compared = executor.blocks_compared();
  recovered_.unlogged_outcomes = executor.take_unlogged_outcomes();
  return {};
}

Status Recovery::execute(LogSource& source, Executor& executor) {
  ProgressMeter meter(clock_, report_, RecoveryPhase::Log);
  while (true) {
    const auto block = source.next();
    RETURN_IF_ERROR(block);
    if (!block->has_value()) break;
    RETURN_IF_ERROR(executor.execute(**block, options_.until));
    stopped_ = executor.stopped();
    if (stopped_) return {};  // The reader may be ahead, at work.
    remember((**block).header);
    meter.advance(source.bytes_read(), bytes_expected(source), executor.position().value);
  }
  recovered_.end = source.reader().end();
  recovered_.torn_tail = source.reader().torn_tail();
  return {};
}

// Also sees whether the log is the one that the cuts of rejected snapshots were made in.
void Recovery::remember(const wal::BlockHeader& header) {
  const Position position{header.position_before + header.event_count};
  recovered_.end = end_behind(header);
  points_.push_back({position, header.header_checksum});
  if (points_.size() > options_.blocks_remembered) points_.pop_front();
  ++recovered_.blocks;
  recovered_.log_bytes += wal::stored_bytes(header.body_bytes);
  for (Witness& witness : witnesses_) {
    if (witness.point.log.sequence != header.sequence) continue;
    witness.met = true;
    witness.agrees = witness.point.log.chain == header.header_checksum;
  }
}

// The mark names the last segment in use, unless the log was busy to its end.
u64 Recovery::bytes_expected(const LogSource& source) const {
  return source.bytes_read() <= bytes_marked_ ? bytes_marked_ : source.bytes_total();
}

// A log that has lost its beginning to trimming needs a snapshot: then it is the snapshots' damage
// that the person has to know of.
tl::unexpected<Error> Recovery::explain(const Error& error) const {
  if (recovered_.rejected.empty()) return tl::unexpected<Error>(error);
  std::string message = error.message;
  for (const RejectedSnapshot& rejected : recovered_.rejected) {
    message += "; before that, a snapshot could not be used: " + rejected.error.message;
  }
  return fail(error.code, message);
}

// A snapshot is cut where the log is durable. One that cannot be used still bears witness.
Status Recovery::check_rejected() const {
  for (const Witness& witness : witnesses_) {
    const CutPoint& point = witness.point;
    const u64 loaded = recovered_.snapshot ? recovered_.snapshot->log.sequence : 0;
    if (point.log.sequence <= loaded) continue;
    if (witness.met && witness.agrees) continue;
    if (!witness.met && stopped_) continue;
    return fail(ErrorCode::Corrupt,
                fmt::format("snapshot {} cannot be used, and was cut at position {}, log block {}, "
                            "{}; nothing was changed. Put the log back as it was, or start from a "
                            "backup; if the log is right, move the snapshot to another place",
                            witness.path, point.log.position.value, point.log.sequence,
                            witness.met ? "which is another block in the log"
                                        : "but the log ends before it"));
  }
  return {};
}

// History takes what is durable alone, and goes on behind the block that it ends with: the log must
// have that block. Before anything is executed, which asks history: that of another ledger, or of
// another copy of this one, would answer what never happened here.
Status Recovery::check_history_end() const {
  const wal::LogEnd& history = options_.history_durable;
  if (options_.past == nullptr) return {};
  if (history.sequence == 0) {
    if (!recovered_.snapshot) return {};
    const auto segments = wal::list_segments(storage_, options_.log_directory);
    RETURN_IF_ERROR(segments);
    return is_whole(*segments) ? Status{}
                               : refuse_history("and the log no longer begins there, in");
  }
  const auto there = has_end(storage_, options_.log_directory, options_.log_id, history);
  RETURN_IF_ERROR(there);
  if (*there) return {};
  RETURN_IF_ERROR(read_log());
  const auto other = find_block(storage_, options_.log_directory, options_.log_id, history.segment,
                                history.sequence);
  RETURN_IF_ERROR(other);
  return refuse_history(*other ? "which is another block in the log in"
                               : "which is beyond the end of the log, or trimmed from it, in");
}

tl::unexpected<Error> Recovery::refuse_history(std::string_view what) const {
  return replay::refuse_history(options_.history_durable, what, options_.log_directory);
}

// Where the log is damaged, that is what has to be known: the error names file and place.
Status Recovery::read_log() const {
  const CutPoint from = recovered_.snapshot.value_or(CutPoint{});
  const auto reader = wal::Reader::open(storage_, options_.log_directory, options_.log_id,
                                        pipeline::kStateMachineVersion, from.log);
  RETURN_IF_ERROR(reader);
  for (;;) {
    const auto block = (*reader)->next();
    RETURN_IF_ERROR(block);
    if (!block->has_value()) return {};
  }
}

Status Recovery::look_after_snapshots() {
  if (options_.snapshot_directory.empty()) return {};
  const std::string& directory = options_.snapshot_directory;
  if (options_.set_aside_damaged) {
    for (const std::string& name : damaged_) {
      // Where this fails the file is met again at the next start.
      const Status moved = snapshot::set_aside(storage_, directory, name);
      if (!moved) recovered_.rejected.push_back({directory + "/" + name, moved.error()});
    }
  }
  const auto whole =
      snapshot::whole_snapshots(storage_, directory, options_.log_id,
                                pipeline::kStateMachineVersion, snapshot::kSnapshotsKept);
  // One that cannot be looked at now keeps the log as it is.
  if (whole && whole->size() == snapshot::kSnapshotsKept) {
    recovered_.segments_needed_from = whole->back().point.log.segment;
  }
  return {};
}

}  // namespace

Result<Recovered> recover(storage::Storage& storage, Clock& clock, const RecoveryOptions& options,
                          const std::function<void(const RecoveryProgress&)>& report) {
  auto recovered = Recovery(storage, clock, options, report).run();
  const bool may_lag = options.past != nullptr && options.catch_up_history;
  if (recovered || recovered.error().code != ErrorCode::Capacity || !may_lag) return recovered;
  const auto durable = options.catch_up_history();
  RETURN_IF_ERROR(durable);
  RecoveryOptions again = options;
  again.history_durable = *durable;
  return Recovery(storage, clock, again, report).run();
}

}  // namespace florin::replay
