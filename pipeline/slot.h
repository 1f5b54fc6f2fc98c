// One place in the ring of blocks in flight: the block that the engine works on, and its image, the
// bytes that the log writes.
#pragma once

#include <span>
#include <vector>

#include "base/limits.h"
#include "base/types.h"
#include "engine/block.h"
#include "pipeline/log_record.h"
#include "storage/aligned_buffer.h"
#include "wal/format.h"

namespace florin::pipeline {

// Made by the sequencer, then handed from stage to stage by their progress counters.
class Slot {
 public:
  Slot(const Limits& limits, u32 partitions);

  void clear(u64 sequence);
  // Adds a request at the next place in the order.
  void add(ledger::Request* request, Position position_before, u64 timestamp);
  // The room for outcomes behind the requests, when the body may have so many bytes in all; and
  // that so many were written there. Before any slice is prepared, after all requests were added.
  std::span<std::byte> outcome_room(u64 bytes);
  void add_outcomes(u64 bytes);
  // Whether another request fits, with `bytes` of log allowed for the whole body.
  bool has_room_for(const ledger::Request& request, u64 bytes) const;

  // Copies the requests into the image and makes the checksums of its slices: those whose number is
  // `worker` modulo `workers`. Slices are independent; any thread.
  void prepare(u32 worker, u32 workers);
  // After all slices are prepared.
  u128 body_checksum() const;

  u64 body_bytes() const { return body_bytes_; }
  bool is_logged() const { return body_bytes_ != 0; }
  // Nothing for the engine: outcomes of other blocks alone.
  bool has_requests() const { return !block.requests.empty(); }
  std::span<std::byte> image() { return image_.span(); }
  // Of the body what was not added as outcomes; after all slices are prepared.
  std::span<const std::byte> requests_body() const {
    return image_.span().subspan(wal::kHeaderBytes, request_bytes_);
  }

  engine::Block block;
  Position position_before;  // Of the first event.
  u64 event_count = 0;       // Logged events.
  u64 last_timestamp = 0;    // Of the last logged event.
  u64 ids_max = 0;           // That it may bring into memory: room is kept for them.

  // Kept by the thread that orders.
  u64 ticket = 0;         // Place among the blocks given to the workers; 0 = executed inline.
  bool appended = false;  // Given to the log, or nothing to log.
  u64 log_sequence = 0;   // Answers leave when this log block is durable.
  wal::LogEnd log_end;    // Right behind it.

 private:
  void copy_range(u64 first, u64 last);
  RequestRecord record_of(usize index) const;
  u32 slice_count() const {
    return static_cast<u32>(round_up(body_bytes_, wal::kChecksumSliceBytes) /
                            wal::kChecksumSliceBytes);
  }

  // Where a write stands in the body.
  struct Placement {
    u64 offset;
    u32 request;  // Index in the block.
    Position position_before;
  };

  storage::AlignedBuffer image_;
  std::vector<Placement> placements_;
  std::vector<u64> slice_checksums_;
  u64 body_bytes_ = 0;
  u64 request_bytes_ = 0;  // Of these, the first; outcomes follow.
};

}  // namespace florin::pipeline
