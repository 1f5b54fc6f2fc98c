// Finds single blocks in the files of a log, and says how far back the files reach.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "storage/storage.h"
#include "wal/format.h"
#include "wal/reader.h"
#include "wal/segment_directory.h"

namespace florin::replay {

// The end of the log behind a block.
wal::LogEnd end_behind(const wal::BlockHeader& header);

// The same of block `sequence`, which stands in this segment of `directory`; nothing
// if the segment has no such whole block, or is not there.
Result<std::optional<wal::LogEnd>> find_block(storage::Storage& storage,
                                              const std::string& directory, u128 log_id,
                                              u64 segment, u64 sequence);

// Whether the block that ends at `end` is in the log exactly so. Its header is read, not its body;
// damage elsewhere is of no concern.
Result<bool> has_end(storage::Storage& storage, const std::string& directory, u128 log_id,
                     const wal::LogEnd& end);

// History, which ends there, cannot go on with this log; `what` says why.
tl::unexpected<Error> refuse_history(const wal::LogEnd& history, std::string_view what,
                                     const std::string& log_directory);

// Fails with Corrupt if the log, which was read to its end, ends before history does. What cannot
// be read of a log's end is taken for a torn tail, which nobody was told of; but history has what
// is durable.
Status check_read_to(const wal::LogEnd& history, const wal::LogEnd& log_end,
                     const std::string& log_directory);

// Fails with Corrupt unless the block that ends where the snapshot at `snapshot_path` was cut is in
// the log exactly as the cut names it. Of that block the header is read, not the body: it is in the
// snapshot.
Status check_cut(storage::Storage& storage, const std::string& log_directory, u128 log_id,
                 const std::string& snapshot_path, const wal::LogEnd& cut);

// Whether all segments from the first on are there. Otherwise the log was trimmed: then there may
// be segments left at its beginning, and missing ones behind them.
bool is_whole(const std::vector<wal::SegmentFile>& segments);

}  // namespace florin::replay
