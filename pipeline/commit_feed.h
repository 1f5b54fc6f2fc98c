// A way from the core to who follows the log that does without the disk: a bounded ring of the
// newest durable blocks, each with what became of it. It is a short cut and no more: the log's
// files have the same, so a block that finds no room is left out, and the follower reads that one
// from the files.
//
// Budget: 12 ns for each transfer of a large block (its 128 bytes are copied once), nothing while
// the follower is behind: when a block finds no room the feed closes, and the core passes it by
// until the follower, near the end of the log again, opens it.
//
// How a follower that stands behind the block S goes on:
//   front() is S + 1            take it, pop()
//   front() is S or before      pop()
//   front() is later, or none   if committed() > S, the next one is in the files, durable;
//                               otherwise there is nothing new: wait for the bell
//   near, and not is_open()     resume(), and go on as above
#pragma once

#include <atomic>
#include <optional>
#include <span>

#include "base/doorbell.h"
#include "base/types.h"
#include "pipeline/outcome_record.h"
#include "storage/aligned_buffer.h"
#include "wal/format.h"

namespace florin::pipeline {

// A block that is durable and executed. Blocks without events of their own are handed over too:
// they have a place in the log.
struct CommittedBlock {
  wal::LogEnd end;  // Of the log right behind it; its number and the last position are there.
  u64 event_count = 0;
  u64 position_before = 0;
  // Its requests as they stand in the log (see RecordReader), aligned to 16, without what became of
  // other blocks; and what became of this one, as an OutcomeRecord has it. Both empty, and the
  // header of no meaning, when it has no events.
  std::span<const std::byte> body;
  OutcomeHeader outcomes;
  std::span<const std::byte> outcome_content;
};

// One thread hands blocks over (the core), one takes them (the follower).
class CommitFeed {
 public:
  // `bytes_max` of memory; a block that alone is larger never passes. The bell is the follower's.
  CommitFeed(u64 bytes_max, Doorbell& follower);
  CommitFeed(const CommitFeed&) = delete;
  CommitFeed& operator=(const CommitFeed&) = delete;

  // The core, in the order of the log, for every block that is durable and executed. Copies it;
  // false: it did not, as the feed is closed, or is now.
  bool push(const CommittedBlock& block);
  // The core: blocks up to this one, pushed or not, are in the files for good. Wakes the follower,
  // at once or, where that costs more than the block is worth, by a `wake` later.
  void commit(u64 sequence);
  void commit_quietly(u64 sequence) { committed_.store(sequence, std::memory_order_release); }
  void wake() { follower_.ring(); }

  // Any thread.
  u64 committed() const { return committed_.load(std::memory_order_acquire); }
  bool is_open() const { return open_.load(std::memory_order_acquire); }

  // The follower: the oldest block in the ring, if there is one. What it shows stays until `pop`.
  std::optional<CommittedBlock> front() const;
  void pop();
  // It is near the end of the log: blocks from now on are welcome.
  void resume() { open_.store(true, std::memory_order_release); }

  u64 bytes_max() const { return ring_.size_bytes(); }
  // What is in it now. Any thread; by the time it is read it may be otherwise.
  u64 bytes_used() const;

 private:
  // How a block stands in the ring: this, the body, the content, each from a multiple of 16 on. A
  // block never goes round the end: what is left there is passed over.
  struct Entry {
    u64 bytes = 0;  // All of it. 0: nothing from here to the end of the ring.
    u64 event_count = 0;
    u64 position_before = 0;
    u64 body_bytes = 0;
    u64 content_bytes = 0;
    u64 reserved = 0;
    wal::LogEnd end;
    OutcomeHeader outcomes;
  };

  // Where the oldest entry begins.
  std::optional<u64> oldest() const;
  Entry entry_at(u64 place) const;

  storage::AlignedBuffer ring_;
  Doorbell& follower_;
  // Bytes that ever went in and out, what was passed over included: places in the ring modulo its
  // size.
  alignas(128) std::atomic<u64> in_{0};
  std::atomic<u64> committed_{0};
  alignas(128) std::atomic<u64> out_{0};
  std::atomic<bool> open_{true};
};

}  // namespace florin::pipeline
