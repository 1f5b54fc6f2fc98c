#include "replay/history_build.h"

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

// Writes what is closed, so that there is room again.
Status write_closed(history::Store& store) {
  for (;;) {
    const history::Mark before = store.durable();
    const auto written = store.write_run();
    if (!written) return tl::unexpected<Error>(written.error());
    // A run without changes has an end all the same.
    if (*written == 0 && store.durable() == before) return {};
  }
}

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
  for (;;) {
    const auto block = source.next();
    if (!block) return tl::unexpected<Error>(block.error());
    if (!*block) break;
    batch.clear();
    RETURN_IF_ERROR(follower.follow(**block, batch));
    RETURN_IF_ERROR(store.append(std::move(batch)));
    if (store.open_changes() < options.run_changes) continue;
    store.seal();
    RETURN_IF_ERROR(write_closed(store));
    report({follower.mark().log.position, follower.mark().created});
  }
  store.seal();
  RETURN_IF_ERROR(write_closed(store));
  return HistoryBuildProgress{follower.mark().log.position, follower.mark().created};
}

}  // namespace florin::replay
