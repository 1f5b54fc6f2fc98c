// Makes segment files ahead of their use, in the background: created under a name that means
// nothing, filled with zeros (first writes into merely reserved space are two to three times
// slower), synced, and only then renamed; ready when the directory is synced too. A segment thus
// exists whole or not at all, and one after the other, so that a crash leaves no gap in the
// numbers.
#pragma once

#include <deque>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"
#include "storage/storage.h"

namespace florin::wal {

// An open segment file.
struct Segment {
  u64 number = 0;
  storage::File file;
  u64 size_bytes = 0;
};

// Tokens with this bit belong to the supply; the others are the writer's.
inline constexpr u64 kSupplyToken = u64{1} << 63;

// How fast zeros may be written. A segment written as fast as the disk takes it would hold up the
// blocks of the log behind it for tens of milliseconds.
enum class Pace : u8 {
  WithTheLog,  // Blocks are being written: twice as many bytes as they have.
  Leisurely,   // The log is idle: one piece at a time, so that a block would wait for one at most.
  Urgent,      // The log waits for this segment: as fast as the disk can.
};

// Part of the writer: belongs to its thread, and is polled by it.
class SegmentSupply {
 public:
  SegmentSupply(storage::Storage& storage, Clock& clock, std::string directory, u64 segment_bytes,
                u32 segments_ahead);
  ~SegmentSupply();
  SegmentSupply(const SegmentSupply&) = delete;
  SegmentSupply& operator=(const SegmentSupply&) = delete;

  // The number of the next segment to be made; later ones follow.
  void start_at(u64 number) { next_number_ = number; }
  // Takes a segment that exists already and was not used up, as if it had been made here.
  void adopt(const Segment& segment);

  bool ready() const { return !ready_.empty(); }
  Segment take();

  // Starts what can be started. Returns how much was done. An error is final, but a full disk is
  // not: see `disk_full`.
  Result<usize> advance(Pace pace);
  // A block of this size was given to the disk: zeros may follow at the pace of the log.
  void log_grew(u64 bytes);
  // For each completion whose token has kSupplyToken.
  Status complete(const storage::Completion& completion);

  // The last attempt met a full disk. The next is made a second later, by `advance`.
  bool disk_full() const { return disk_full_; }
  bool idle() const { return step_ == Step::Idle; }

 private:
  enum class Step : u8 { Idle, Zeroing, Syncing, SyncingDirectory };

  Status begin();
  usize write_zeros(Pace pace);
  bool may_write_piece(Pace pace) const;
  Status start_rename();
  Status give_up_for_now();
  Status failed(const char* action, int error_number);
  std::string path_being_prepared() const;

  storage::Storage& storage_;
  Clock& clock_;
  std::string directory_;
  u64 segment_bytes_;
  u32 segments_ahead_;
  u64 next_number_ = 1;
  std::deque<Segment> ready_;

  Step step_ = Step::Idle;
  storage::File file_;    // Of the segment being prepared.
  u64 zeroed_bytes_ = 0;  // Asked for.
  u32 zeros_in_flight_ = 0;
  u64 allowance_bytes_ = 0;     // Zeros that may be written beside the log.
  bool met_full_disk_ = false;  // Waiting for the other pieces in flight before giving up.
  bool disk_full_ = false;
  u64 retry_at_ns_ = 0;  // Monotonic.
};

}  // namespace florin::wal
