// History made from the log alone, without a server: of a whole log from its first block on, or as
// the continuation of what a store has.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/types.h"
#include "history/store.h"
#include "storage/storage.h"

namespace florin::replay {

struct HistoryBuildOptions {
  std::string log_directory;
  u128 log_id = 0;
  u64 run_changes = 256 * 1024;
};

struct HistoryBuildProgress {
  Position position;
  u64 transfers = 0;  // In the store.
};

// Makes the log durable as it can be read, follows it from where the store stands to its end, and
// writes all of it durably, with a thread of its own for the writing. Nobody writes the log
// meanwhile. Errors: as those of history::BlockSource (the log begins behind the store: it was
// trimmed), of history::Follower and of the store.
Result<HistoryBuildProgress> build_history(
    storage::Storage& storage, const HistoryBuildOptions& options, history::Store& store,
    const std::function<void(const HistoryBuildProgress&)>& report);

}  // namespace florin::replay
