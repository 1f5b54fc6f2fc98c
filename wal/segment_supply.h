// Makes segment files ahead of their use, in the background: created under a name that means
// nothing, filled with zeros (first writes into merely reserved space are two to three times
// slower), synced, and only then renamed; ready when the directory is synced too. A segment thus
// exists whole or not at all, and one after the other, so that a crash leaves no gap in the
// numbers. Segments that are no longer needed are renamed to be the next ones instead: their room
// is allocated and written, and their old blocks name another segment.
#pragma once

#include <deque>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"
#include "storage/storage.h"
#include "wal/segment_directory.h"

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
                u32 segments_ahead, u32 recycled_segments_max);
  ~SegmentSupply();
  SegmentSupply(const SegmentSupply&) = delete;
  SegmentSupply& operator=(const SegmentSupply&) = delete;

  // The number of the next segment to be made; later ones follow.
  void start_at(u64 number) { next_number_ = number; }
  // Takes a segment that exists already and was not used up, as if it had been made here.
  void adopt(const Segment& segment);
  // Takes a closed segment that nobody needs any more: to be used again, or removed if it has
  // another size; the earliest of them is removed when there are too many. Such files may vanish.
  void recycle(const SegmentFile& segment);

  bool ready() const { return !ready_.empty(); }
  usize ready_count() const { return ready_.size(); }
  Segment take();

  // Starts what can be started. Returns how much was done. An error is final, but a full disk is
  // not: see `disk_full`.
  Result<usize> advance(Pace pace);
  // A block of this size was given to the disk: zeros may follow at the pace of the log.
  void log_grew(u64 bytes);
  // For each completion whose token has kSupplyToken.
  Status complete(const storage::Completion& completion);

  // The last attempt met a full disk, and nothing can be recycled. The next attempt is made a
  // second later, by `advance`.
  bool disk_full() const { return disk_full_ && !can_recycle(); }
  // When it wants to be advanced again though nothing completes; ~0 = never.
  u64 sleep_ns_max() const;
  bool idle() const { return step_ == Step::Idle; }

 private:
  enum class Step : u8 { Idle, Zeroing, Syncing, SyncingDirectory };

  // A rename needs no room; as a rule.
  bool can_recycle() const { return !recyclable_.empty() && !rename_refused_; }
  Status begin();
  Status begin_new();
  Status begin_recycled();
  Result<usize> remove_surplus();
  Status sync_name();
  void wait_for_room();
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
  u32 recycled_segments_max_;
  u64 next_number_ = 1;
  std::deque<Segment> ready_;
  std::deque<u64> recyclable_;  // Numbers of files with segment_bytes_, ...
  std::deque<u64> surplus_;     // ... and of files that are to be removed.

  Step step_ = Step::Idle;
  storage::File file_;    // Of the segment being prepared.
  u64 zeroed_bytes_ = 0;  // Asked for.
  u32 zeros_in_flight_ = 0;
  u64 allowance_bytes_ = 0;     // Zeros that may be written beside the log.
  bool met_full_disk_ = false;  // Waiting for the other pieces in flight before giving up.
  bool disk_full_ = false;
  bool rename_refused_ = false;  // Even a rename found no room.
  u64 retry_at_ns_ = 0;          // Monotonic.
};

}  // namespace florin::wal
