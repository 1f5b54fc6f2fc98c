// What the sessions of one network thread allocate and use again: the chunks that bytes are
// received into, and the requests that point into them. Belongs to that thread.
#pragma once

#include <deque>
#include <vector>

#include "base/types.h"
#include "ledger/request.h"

namespace florin::net {

// Memory that frames are received into and read in place. It is used again when neither its session
// receives into it nor a request points into it.
struct ReceiveChunk {
  std::byte* data = nullptr;  // Aligned to 64.
  usize capacity = 0;
  u32 references = 0;  // The session that receives into it, and each unanswered request of it.
};

// What a session must remember of a request.
struct RequestCost {
  ReceiveChunk* chunk = nullptr;  // Holds its events and conditions.
  u64 cost_bytes = 0;             // What it counts for among the bytes in flight.
};

// Both in a few cache lines: what a session remembers stands before what the request begins with.
struct alignas(64) SessionRequest : RequestCost, ledger::Request {};

class SessionMemory {
 public:
  // Small frames share a chunk of this size; a larger frame gets one of its own.
  static constexpr usize kSmallChunkBytes = 32 * kKiB;

  // `frame_bytes_max` is the largest frame that a chunk must hold.
  explicit SessionMemory(u64 frame_bytes_max);
  ~SessionMemory();
  SessionMemory(const SessionMemory&) = delete;
  SessionMemory& operator=(const SessionMemory&) = delete;

  // A chunk with room for `bytes`, with one reference.
  ReceiveChunk* take_chunk(usize bytes);
  // Drops one reference.
  void release(ReceiveChunk* chunk);

  // A request without answer, events and chunk.
  SessionRequest* take_request();
  // Takes it back, with its reference to a chunk. Storage of large answers is freed.
  void recycle(SessionRequest* request);

  // Chunks that are in use, for tests.
  usize chunks_in_use() const { return chunks_in_use_; }

 private:
  std::vector<ReceiveChunk*>& idle_chunks(usize capacity);

  usize large_chunk_bytes_;
  usize chunks_in_use_ = 0;
  std::vector<ReceiveChunk*> small_idle_;
  std::vector<ReceiveChunk*> large_idle_;
  std::deque<SessionRequest> requests_;  // All that ever were: as many as were once in flight.
  std::vector<SessionRequest*> idle_requests_;
};

}  // namespace florin::net
