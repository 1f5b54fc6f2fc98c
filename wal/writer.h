// Appends blocks to the log and says when they are durable. Several durable writes are in flight at
// once, and durability is announced by prefix only. Segments are made ahead in the background, from
// those that are no longer needed where there are any, and the end of a log at rest is marked.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"
#include "storage/storage.h"
#include "wal/format.h"
#include "wal/mark_writer.h"
#include "wal/segment_directory.h"
#include "wal/segment_supply.h"

namespace florin::wal {

// More would not make a disk faster, and recovery syncs this many segments back.
inline constexpr u32 kWritesInFlightMax = 16;

struct WriterOptions {
  std::string directory;  // Must exist.
  u128 log_id = 0;
  u32 state_machine_version = 0;
  u64 segment_bytes = 64 * kMiB;   // Whole sectors.
  u32 segments_ahead = 2;          // At least 1.
  u32 writes_in_flight_max = 4;    // At least 1, at most kWritesInFlightMax.
  u64 body_bytes_max = 2 * kMiB;   // Largest body ever appended; its block fits a segment.
  u32 recycled_segments_max = 64;  // Segments kept to be used again; more are removed.
  bool archive = false;            // Keeps the whole log: nothing is ever trimmed.
};

// A block to be written. The caller computes the checksum of the body, on as many threads as it
// likes.
struct Append {
  // Aligned to a sector and at least stored_bytes(body_bytes) long. The body begins at
  // kHeaderBytes. The writer fills in the header and the zeros behind the body and touches nothing
  // else; the memory must stay valid and unchanged until the block is durable or the storage is
  // gone.
  std::span<std::byte> image;
  u64 body_bytes = 0;
  u128 body_checksum = 0;
  Position position_before;  // The position after the block before.
  u64 event_count = 0;
  Timestamp timestamp;
};

// Belongs to one thread. The asynchronous side of the storage is the writer's alone while it lives:
// nobody else submits or polls. A writer that is destroyed while it is not idle leaves its writes
// to the storage, which must then be destroyed before the images are.
class Writer {
 public:
  // Goes on where `end` says, in a new generation. `end` comes from a reader that came to its end,
  // or is the default for a directory without segments. Waits until what was read is on stable
  // storage, the marks say so, and the current segment is there; the segments ahead are made later,
  // by `poll`. NoSpace: the first segment does not fit on the disk. Corrupt: the marks know more
  // than `end`.
  static Result<std::unique_ptr<Writer>> open(storage::Storage& storage, Clock& clock,
                                              WriterOptions options, const LogEnd& end);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Whether a block with such a body can be appended now: a write slot is free and there is room in
  // this segment or a next one is ready. If not, poll. `body_bytes` is at most body_bytes_max.
  bool can_append(u64 body_bytes) const;

  // Starts the write of a block and returns its sequence number. Requires can_append. Does not read
  // or copy the body and allocates nothing, except when a segment is full.
  u64 append(const Append& block);

  // Takes what has completed, prepares segments, and marks the end of a log at rest. Returns how
  // much was done; 0 means nothing. An error of the disk is final: every further poll returns it,
  // and nothing more becomes durable.
  Result<usize> poll();

  // How long `poll` need not be called if nothing completes in the meantime (see
  // Storage::completion_descriptor) and nothing is appended; ~0 = for ever.
  u64 sleep_ns_max() const;

  // Before a clean end: from now on a log at rest is marked at once, and the writer is idle only
  // when it is. Blocks may still be appended.
  void finish() { finishing_ = true; }

  // Segments with smaller numbers are not needed any more: they become the next ones. Those that
  // hold blocks not yet durable, and the one being written, stay whatever is said. Forgotten at the
  // end of the process: what was not used again until then waits for the next call.
  void trim_before(u64 segment);

  // All blocks up to this one are on stable storage.
  u64 durable_sequence() const { return durable_sequence_; }
  Position durable_position() const { return durable_position_; }
  u64 appended_sequence() const { return end_.sequence; }

  // Behind the last appended block, as a reader would find it.
  const LogEnd& end() const { return end_; }
  // The header checksum of the last appended block: two logs with the same are the same up to it.
  u128 chain() const { return end_.chain; }

  // The disk was full when the next segment was to be made, and a block of maximal size would need
  // the reserve: the last ready segment, or what is left of the current one where none is ready.
  // Nothing is held back: whoever appends decides what may go into the reserve, as long as
  // `can_append` says so. `poll` tries again once a second, and this becomes false when it
  // succeeds.
  bool out_of_space() const;

  // Nothing is in flight and nothing is being prepared.
  bool idle() const;

  // Bytes of blocks appended by this writer, padding included.
  u64 bytes_written() const { return bytes_written_; }
  u64 generation() const { return generation_; }

 private:
  struct Write {
    u64 offset = 0;
    u64 segment = 0;
    Position position_after;
    bool complete = false;
  };
  // A segment that is full, to be closed when its last block is durable.
  struct Full {
    Segment segment;
    u64 last_sequence = 0;
  };

  Writer(storage::Storage& storage, Clock& clock, WriterOptions options, const LogEnd& end);

  Status find_segments();
  Status adopt_segments(std::span<const SegmentFile> ahead);
  Status wait_for_first_segment();
  bool fits(u64 stored) const { return end_.offset + stored <= current_.size_bytes; }
  bool all_durable() const { return durable_sequence_ == end_.sequence; }
  void rotate();
  void release_trimmed();
  Pace pace() const;
  BlockHeader make_header(const Append& block) const;
  Status complete(const storage::Completion& completion);
  void advance_durable();
  Write& write_of(u64 sequence) { return writes_[sequence % writes_.size()]; }

  storage::Storage& storage_;
  Clock& clock_;
  WriterOptions options_;
  SegmentSupply supply_;
  MarkWriter marks_;
  Segment current_;  // Without a file only while `open` waits for the first one.
  u64 generation_ = 0;
  u64 incarnation_ = 0;
  LogEnd end_;
  u64 durable_sequence_ = 0;
  Position durable_position_;
  std::vector<Write> writes_;       // A ring: the slot of a block is its sequence modulo the size.
  std::vector<Full> full_;          // Oldest first; at most as many as writes in flight.
  std::deque<SegmentFile> before_;  // Segments before the current one, but for an archive.
  u64 trim_before_ = 0;             // Of those, what is smaller is not needed.
  bool finishing_ = false;
  u64 bytes_written_ = 0;
  Status failure_;  // The first error, kept.
};

}  // namespace florin::wal
