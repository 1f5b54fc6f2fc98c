// Reads the log from its first block, or from behind a snapshot, to its end, and decides where that
// is: a torn tail, which nobody was told of, is dropped; damage to what was acknowledged is
// refused, never shortened.
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
#include "wal/marks.h"
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

// What the marks are taken for.
enum class MarksUse : u8 {
  Required,  // Without a whole one, nothing says up to where the log was acknowledged: refused.
  Ignored,   // By a person's decision, when both are lost: the watermarks of later blocks alone
             // speak, and the newest blocks may be missing unseen.
};

// Belongs to one thread. Uses only the synchronous side of the storage, and writes nothing. A log
// that another process is writing can be read as well: it ends where it was durable, or later, at
// the moment when the end was met.
class Reader {
 public:
  // Begins behind `from`, the end of the log at a snapshot; segments before from.segment are not
  // needed. The directory must exist; without segments in it, and without `from`, the log is empty.
  // Corrupt: from.segment (1 without a snapshot) or one behind it is missing, a file has no
  // possible size, the marks are damaged or missing, or they contradict `from`.
  static Result<std::unique_ptr<Reader>> open(storage::Storage& storage, std::string directory,
                                              u128 log_id, u32 state_machine_version,
                                              const LogEnd& from = {},
                                              MarksUse marks = MarksUse::Required);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The next block, or nothing at the end of the log. The body is valid until the next call.
  // Corrupt: acknowledged blocks cannot be read. WrongVersion: written by another version. Io: the
  // disk does not give the bytes. NotFound: the segment was recycled by a writer that does not know
  // of this reader. After an error, only errors follow.
  Result<std::optional<Block>> next();

  // The end of what was read so far; after `next` gave nothing, the end of the log.
  const LogEnd& end() const { return end_; }
  // The newest mark, as it was last read: all blocks up to it are there, if the log was read whole.
  const Mark& mark() const { return mark_; }
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

  // Who says that the log went on behind its end.
  struct Witness {
    u64 durable_sequence = 0;
    std::string description;
  };

  Reader(storage::Storage& storage, std::string directory, u128 log_id, u32 version,
         const LogEnd& from, MarksUse marks);

  Status load_segments();
  Status load_mark();
  Status check_mark() const;
  Status check_start() const;

  Result<std::optional<Block>> find_next();
  // Whether the block after `end_` is behind it or at the beginning of the next segment.
  Result<Finding> look();
  // Whether the block after `end_` is at this place.
  Result<Finding> examine(usize index, u64 offset);
  // The defects that are refused wherever they are met.
  Status check_refusal(usize index, const Finding& finding) const;
  Result<std::optional<Block>> accept(const Block& block);
  Result<std::optional<Witness>> find_witness();
  Result<std::optional<Witness>> scan_segment(usize index, u64 first_offset);
  std::string describe_mark() const;
  Status look_afresh();
  Status recycled(u64 segment) const;
  Status damage(const Witness& witness, Defect defect) const;
  // Bytes of a segment, in memory until the next call.
  Result<std::span<const std::byte>> window(usize index, u64 offset, u64 bytes);
  Status read_window(usize index, u64 offset, u64 bytes);
  Status open_segment(usize index);
  void close_segment();
  std::string path_of(usize index) const;

  storage::Storage& storage_;
  std::string directory_;
  BlockExpectation expectation_;
  MarksUse marks_use_;
  std::vector<SegmentFile> segments_;  // From that of `from` on.
  usize index_ = 0;                    // Of the segment in which `end_` lies.
  LogEnd end_;
  Mark mark_;
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
