#include "replay/verification.h"

#include <algorithm>

#include "pipeline/log_record.h"
#include "replay/executor.h"
#include "replay/log_search.h"
#include "replay/log_source.h"
#include "snapshot/directory.h"
#include "wal/segment_directory.h"

namespace florin::replay {

namespace {

using Report = std::function<void(const RecoveryProgress&)>;

constexpr u64 kReportEveryNs = 100'000'000;

class Verifier {
 public:
  Verifier(storage::Storage& storage, Clock& clock, const RecoveryOptions& options,
           const Report& report)
      : storage_(storage), clock_(clock), options_(options), report_(report) {
    options_.set_aside_damaged = false;
  }

  Result<Verification> verify() {
    started_ns_ = clock_.monotonic_ns();
    RETURN_IF_ERROR(list_snapshots());
    RETURN_IF_ERROR(begin());
    RETURN_IF_ERROR(replay());
    RETURN_IF_ERROR(result_.engine->verify());
    result_.digest = result_.engine->digest();
    result_.duration_ns = clock_.monotonic_ns() - started_ns_;
    return std::move(result_);
  }

 private:
  Status list_snapshots() {
    auto files = snapshot::list_snapshots(storage_, options_.snapshot_directory);
    if (!files) return tl::unexpected<Error>(std::move(files).error());
    std::ranges::reverse(*files);
    for (const snapshot::SnapshotFile& file : *files) {
      result_.snapshots.push_back({file.name, file.position, false, std::nullopt});
    }
    return {};
  }

  // With the log, or with what the oldest snapshot holds where the log before it is gone.
  Status begin() {
    const auto segments = wal::list_segments(storage_, options_.log_directory);
    RETURN_IF_ERROR(segments);
    if (segments->empty() || is_whole(*segments)) {
      auto engine =
          engine::Engine::create(options_.limits, options_.partitions, options_.hash_seed);
      if (!engine) return tl::unexpected<Error>(std::move(engine).error());
      result_.engine = std::move(*engine);
      result_.engine->set_past(options_.past);
      return {};
    }
    if (result_.snapshots.empty()) {
      return fail(ErrorCode::Corrupt, options_.log_directory +
                                          " lacks segments from 1 on, and there is no "
                                          "snapshot; restore from a backup");
    }
    auto recovered = recover_until(result_.snapshots.front().position);
    RETURN_IF_ERROR(recovered);
    result_.engine = std::move(recovered->engine);
    result_.begin = recovered->order.position;
    from_ = recovered->end;
    start_.order = recovered->order;
    start_.log_sequence = recovered->end.sequence;
    return {};
  }

  Result<Recovered> recover_until(Position position) {
    RecoveryOptions options = options_;
    options.until.position = position;
    return recover(storage_, clock_, options, report_);
  }

  Status replay() {
    LogSourceOptions source_options;
    source_options.directory = options_.log_directory;
    source_options.log_id = options_.log_id;
    source_options.state_machine_version = pipeline::kStateMachineVersion;
    source_options.from = from_;
    const auto source = LogSource::open(storage_, source_options);
    RETURN_IF_ERROR(source);
    if (options_.past != nullptr) start_.history_durable = options_.history_durable.position;
    Executor executor(*result_.engine, options_.limits, start_);
    while (true) {
      RETURN_IF_ERROR(compare_snapshots(executor.position()));
      const auto block = (*source)->next();
      RETURN_IF_ERROR(block);
      if (!block->has_value()) break;
      RETURN_IF_ERROR(executor.execute(**block));
      ++result_.blocks;
      tell(**source, executor.position());
    }
    result_.end = (*source)->reader().end();
    if (options_.past != nullptr) {
      RETURN_IF_ERROR(check_read_to(options_.history_durable, result_.end, options_.log_directory));
    }
    result_.events = executor.position().value - result_.begin.value;
    result_.blocks_compared = executor.blocks_compared();
    return {};
  }

  void tell(const LogSource& source, Position position) {
    const u64 now = clock_.monotonic_ns();
    if (now - reported_ns_ < kReportEveryNs) return;
    reported_ns_ = now;
    RecoveryProgress progress;
    progress.bytes_read = source.bytes_read();
    progress.bytes_total = source.bytes_total();
    progress.events = position.value;
    report_(progress);
  }

  Status compare_snapshots(Position position) {
    for (VerifiedSnapshot& snapshot : result_.snapshots) {
      const bool due = snapshot.position == position && !snapshot.compared && !snapshot.problem &&
                       position != result_.begin;
      if (due) compare(snapshot);
    }
    return {};
  }

  // A snapshot that cannot be loaded is a finding, not an end.
  void compare(VerifiedSnapshot& snapshot) {
    const auto loaded = recover_until(snapshot.position);
    if (!loaded) {
      snapshot.problem = loaded.error();
      return;
    }
    if (!loaded->rejected.empty()) {
      snapshot.problem = loaded->rejected.front().error;
      return;
    }
    snapshot.compared = true;
    if (loaded->engine->digest() == result_.engine->digest()) return;
    snapshot.problem = Error{ErrorCode::Corrupt, "snapshot " + snapshot.name +
                                                     " holds another state than the log leads to "
                                                     "at its position"};
  }

  storage::Storage& storage_;
  Clock& clock_;
  RecoveryOptions options_;
  const Report& report_;
  Verification result_;
  wal::LogEnd from_;
  ExecutorStart start_;
  u64 started_ns_ = 0;
  u64 reported_ns_ = 0;
};

}  // namespace

bool Verification::all_agree() const {
  return std::ranges::none_of(
      snapshots, [](const VerifiedSnapshot& snapshot) { return snapshot.problem.has_value(); });
}

Result<Verification> verify(storage::Storage& storage, Clock& clock, const RecoveryOptions& options,
                            const Report& report) {
  return Verifier(storage, clock, options, report).verify();
}

}  // namespace florin::replay
