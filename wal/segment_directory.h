// What a log directory holds: its segment files, in order.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "storage/storage.h"

namespace florin::wal {

struct SegmentFile {
  u64 number = 0;
  u64 size_bytes = 0;
};

std::string segment_path(const std::string& directory, u64 number);
std::string preparing_path(const std::string& directory, u64 number);

// All segments of the directory in order; files with other names are not ours to judge. The first
// ones may be missing, with gaps, when snapshots have made them needless: no matter of this list.
Result<std::vector<SegmentFile>> list_segments(storage::Storage& storage,
                                               const std::string& directory);

// The segments from `first` on; those before it do not matter.
// Corrupt: others are there but `first` is not, a number behind it is missing, or a file is empty
// or not whole sectors.
Result<std::vector<SegmentFile>> list_segments_from(storage::Storage& storage,
                                                    const std::string& directory, u64 first);

}  // namespace florin::wal
