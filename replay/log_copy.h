// Puts a log together from checked blocks: segment files that are written under another name and
// appear whole, one after the other.
#pragma once

#include <string>

#include "base/result.h"
#include "base/types.h"
#include "storage/aligned_buffer.h"
#include "storage/storage.h"
#include "wal/format.h"
#include "wal/reader.h"

namespace florin::replay {

// Belongs to one thread. Nothing may be in flight in the storage. Each segment takes its place with
// one rename, so that a crash leaves each as it was or as it is to be.
class LogCopy {
 public:
  // Writes to `directory`, behind `end`; what stands before that in end.segment is taken from the
  // directory `prefix`.
  LogCopy(storage::Storage& storage, std::string directory, std::string prefix,
          const wal::LogEnd& end);

  // The next block, as a reader gave it.
  Status add(const wal::Block& block);
  // Writes the last segment.
  Status finish();

  const wal::LogEnd& end() const { return end_; }
  u64 blocks() const { return blocks_; }
  u64 bytes() const { return bytes_; }
  u64 segments() const { return segments_; }

 private:
  Status begin_segment(u64 number, u64 size_bytes);
  Status load_prefix();
  Status keep_prefix();
  Status write_segment();

  storage::Storage& storage_;
  std::string directory_;
  std::string prefix_;
  wal::LogEnd end_;
  storage::AlignedBuffer image_;
  bool changed_ = false;  // The image has blocks that are not in a file.
  u64 blocks_ = 0;
  u64 bytes_ = 0;
  u64 segments_ = 0;
};

// Removes what a crash left of segments in the making.
Status remove_unfinished_segments(storage::Storage& storage, const std::string& directory);

}  // namespace florin::replay
