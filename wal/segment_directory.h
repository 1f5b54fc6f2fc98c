// What a log directory holds: its segment files, in order and without gaps.
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

// The segments of the directory in order; files with other names are not ours to judge.
// Corrupt: the first is not segment 1, a number is missing, or a file is empty or not whole
// sectors.
Result<std::vector<SegmentFile>> list_segments(storage::Storage& storage,
                                               const std::string& directory);

}  // namespace florin::wal
