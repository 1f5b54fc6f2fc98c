// Reads the log from its first block to its end, and decides where that is: a torn tail, which
// nobody was told of, is dropped; damage to what was acknowledged is refused, never shortened.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "storage/aligned_buffer.h"
#include "storage/storage.h"
#include "wal/block_check.h"
#include "wal/format.h"
#include "wal/segment_directory.h"

namespace florin::wal {

struct Block {
  BlockHeader header;
  std::span<const std::byte> body;  // Aligned to 16 bytes.
};

// Blocks behind the end that were whole enough to be recognised and were not durable.
struct TornTail {
  u64 blocks = 0;
  u64 bytes = 0;
};

// Belongs to one thread. Uses only the synchronous side of the storage, and writes nothing.
class Reader {
 public:
  // The directory must exist; without segments in it the log is empty.
  // Corrupt: the first segment or one in the middle is missing, or a file has no possible size.
  static Result<std::unique_ptr<Reader>> open(storage::Storage& storage, std::string directory,
                                              u128 log_id, u32 state_machine_version);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The next block, or nothing at the end of the log. The body is valid until the next call.
  // Corrupt: acknowledged blocks cannot be read. WrongVersion: written by another version. Io: the
  // disk does not give the bytes. After an error, only errors follow.
  Result<std::optional<Block>> next();

  // The end of what was read so far; after `next` gave nothing, the end of the log.
  const LogEnd& end() const { return end_; }
  const TornTail& torn_tail() const { return torn_tail_; }

  // For progress: how far into the files, and their size.
  u64 bytes_read() const { return bytes_before_segment_ + end_.offset; }
  u64 bytes_total() const { return bytes_total_; }

 private:
  // A block that was looked at, and what is wrong with it, if anything.
  struct Finding {
    Defect defect = Defect::None;
    Block block;
  };

  Reader(storage::Storage& storage, std::string directory, u128 log_id, u32 version);

  Result<std::optional<Block>> find_next();
  // Whether the block after `end_` is at this place.
  Result<Finding> examine(usize index, u64 offset);
  // The defects that are refused wherever they are met.
  Status check_refusal(usize index, const Finding& finding) const;
  std::optional<Block> accept(usize index, const Block& block);
  // The log ends here, unless a block behind the end bears witness that it went on.
  Status finish(Defect defect);
  Status scan_segment(usize index, u64 first_offset, Defect defect);
  Status damage(usize witness_index, const BlockHeader& witness, Defect defect) const;
  // Bytes of a segment, in memory until the next call.
  Result<std::span<const std::byte>> window(usize index, u64 offset, u64 bytes);
  Status read_window(usize index, u64 offset, u64 bytes);
  Status open_segment(usize index);
  std::string path_of(usize index) const;

  storage::Storage& storage_;
  std::string directory_;
  BlockExpectation expectation_;
  std::vector<SegmentFile> segments_;
  usize index_ = 0;  // Of the segment in which `end_` lies.
  LogEnd end_;
  TornTail torn_tail_;
  bool finished_ = false;
  Status failure_;
  u64 bytes_before_segment_ = 0;
  u64 bytes_total_ = 0;

  // The part of one segment that is in memory.
  std::optional<usize> open_index_;
  storage::File file_;
  storage::AlignedBuffer buffer_;
  u64 window_offset_ = 0;
  u64 window_bytes_ = 0;
};

}  // namespace florin::wal
