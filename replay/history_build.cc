#include "replay/history_build.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "history/block_source.h"
#include "history/follower.h"
#include "pipeline/log_record.h"
#include "wal/segment_directory.h"

namespace florin::replay {

namespace {

// Any will do: the log was written by us.
constexpr u64 kHashLow = 0x9e3779b97f4a7c15;
constexpr u64 kHashHigh = 0xc2b2ae3d27d4eb4f;

// What can be read may still be in the caches of the disk, after a crash of its writer: history
// must not have what the log might lose.
Status sync_log(storage::Storage& storage, const std::string& directory, u64 first_segment) {
  const auto segments = wal::list_segments(storage, directory);
  if (!segments) return tl::unexpected<Error>(segments.error());
  for (const wal::SegmentFile& segment : *segments) {
    if (segment.number < first_segment) continue;
    const auto file =
        storage.open(wal::segment_path(directory, segment.number), storage::OpenMode::Read);
    if (!file) return tl::unexpected<Error>(file.error());
    const Status synced = storage.sync_now(*file);
    storage.close(*file);
    RETURN_IF_ERROR(synced);
  }
  return {};
}

// Writes closed runs on a thread of its own while the next ones are filled. Belongs to the thread
// that fills them.
class ClosedRuns {
 public:
  explicit ClosedRuns(history::Store& store) : store_(store), thread_([this] { write_all(); }) {}
  ~ClosedRuns() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  ClosedRuns(const ClosedRuns&) = delete;
  ClosedRuns& operator=(const ClosedRuns&) = delete;

  // A further run was closed. Returns when another can be filled.
  Status closed() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return error_.has_value() || store_.has_room(); });
    return result();
  }
  // Returns when all of them are written.
  Status finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return error_.has_value() || waiting_ == 0; });
    return result();
  }

 private:
  Status result() const {
    if (error_) return tl::unexpected<Error>(*error_);
    return {};
  }

  void write_all() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopped_ || waiting_ != 0; });
      if (stopped_) return;
      lock.unlock();
      const auto written = store_.write_run();
      lock.lock();
      if (!written) {
        error_ = written.error();
        stopped_ = true;
      } else {
        --waiting_;
      }
      changed_.notify_all();
    }
  }

  history::Store& store_;
  std::mutex mutex_;  // Of the next four.
  std::condition_variable changed_;
  u64 waiting_ = 0;  // Runs.
  bool stopped_ = false;
  std::optional<Error> error_;
  std::thread thread_;  // Last: it uses all the others.
};

}  // namespace

Result<HistoryBuildProgress> build_history(
    storage::Storage& storage, const HistoryBuildOptions& options, history::Store& store,
    const std::function<void(const HistoryBuildProgress&)>& report) {
  history::BlockSourceOptions from;
  from.directory = options.log_directory;
  from.log_id = options.log_id;
  from.state_machine_version = pipeline::kStateMachineVersion;
  history::BlockSource source(storage, from, nullptr);
  const history::Mark start = store.durable();
  RETURN_IF_ERROR(sync_log(storage, options.log_directory, start.log.segment));
  source.restart(start.log);
  history::Follower follower(store, start, engine::HashSeed{kHashLow, kHashHigh});
  history::ChangeBatch batch;
  ClosedRuns runs(store);
  for (;;) {
    const auto block = source.next();
    if (!block) return tl::unexpected<Error>(block.error());
    if (!*block) break;
    batch.clear();
    RETURN_IF_ERROR(follower.follow(**block, batch));
    RETURN_IF_ERROR(store.append(std::move(batch)));
    if (store.open_changes() < options.run_changes) continue;
    store.seal();
    RETURN_IF_ERROR(runs.closed());
    report({follower.mark().log.position, follower.mark().created});
  }
  store.seal();
  RETURN_IF_ERROR(runs.closed());
  RETURN_IF_ERROR(runs.finish());
  return HistoryBuildProgress{follower.mark().log.position, follower.mark().created};
}

}  // namespace florin::replay
