// The pools of chunks and requests.
#include "net/session_memory.h"

#include <algorithm>
#include <cstdlib>

#include "base/check.h"
#include "ledger/operation.h"

namespace florin::net {

namespace {

constexpr usize kPageBytes = 4096;
// What is kept for later use: more is given back to the system.
constexpr usize kIdleBytesMax = 32 * kMiB;
// Vectors of an answer keep this much storage, enough for the answer to a small request.
constexpr usize kAnswerBytesKept = 16 * kKiB;

template <class Value>
void shrink(std::vector<Value>& values) {
  if (values.capacity() * sizeof(Value) > kAnswerBytesKept) std::vector<Value>().swap(values);
}

void recycle_read(ledger::Request& request) {
  request.clear_answer();
  shrink(request.accounts);
  shrink(request.transfers);
  shrink(request.transfer_statuses);
  shrink(request.limits);
  shrink(request.changes);
  shrink(request.change_events);
  shrink(request.account_balances);
  shrink(request.totals);
}

void free_chunk(ReceiveChunk* chunk) {
  std::free(chunk->data);
  delete chunk;
}

ReceiveChunk* allocate_chunk(usize capacity) {
  void* const data = std::aligned_alloc(64, capacity);
  CHECK(data != nullptr);
  return new ReceiveChunk{
      .data = static_cast<std::byte*>(data), .capacity = capacity, .references = 0};
}

}  // namespace

SessionMemory::SessionMemory(u64 frame_bytes_max)
    : large_chunk_bytes_(
          std::max<usize>(round_up(frame_bytes_max, kPageBytes), 2 * kSmallChunkBytes)) {}

SessionMemory::~SessionMemory() {
  for (SessionRequest& request : requests_) {
    if (request.chunk != nullptr) release(request.chunk);
  }
  for (ReceiveChunk* chunk : small_idle_) free_chunk(chunk);
  for (ReceiveChunk* chunk : large_idle_) free_chunk(chunk);
}

std::vector<ReceiveChunk*>& SessionMemory::idle_chunks(usize capacity) {
  return capacity == kSmallChunkBytes ? small_idle_ : large_idle_;
}

ReceiveChunk* SessionMemory::take_chunk(usize bytes) {
  CHECK(bytes <= large_chunk_bytes_);
  const usize capacity = bytes <= kSmallChunkBytes ? kSmallChunkBytes : large_chunk_bytes_;
  std::vector<ReceiveChunk*>& idle = idle_chunks(capacity);
  ReceiveChunk* chunk = nullptr;
  if (idle.empty()) {
    chunk = allocate_chunk(capacity);
  } else {
    chunk = idle.back();
    idle.pop_back();
  }
  chunk->references = 1;
  ++chunks_in_use_;
  return chunk;
}

void SessionMemory::release(ReceiveChunk* chunk) {
  CHECK(chunk->references > 0);
  if (--chunk->references > 0) return;
  --chunks_in_use_;
  std::vector<ReceiveChunk*>& idle = idle_chunks(chunk->capacity);
  if ((idle.size() + 1) * chunk->capacity > kIdleBytesMax) {
    free_chunk(chunk);
  } else {
    idle.push_back(chunk);
  }
}

SessionRequest* SessionMemory::take_request() {
  if (idle_requests_.empty()) return &requests_.emplace_back();
  SessionRequest* const request = idle_requests_.back();
  idle_requests_.pop_back();
  // Of thousands the next one was last used long ago: it is fetched while this one is filled.
  if (!idle_requests_.empty()) ledger::fetch_small(*idle_requests_.back());
  return request;
}

void SessionMemory::recycle(SessionRequest* request) {
  if (request->chunk != nullptr) release(request->chunk);
  request->chunk = nullptr;
  request->cost_bytes = 0;
  request->event_count = 0;
  request->events = nullptr;
  request->conditions = nullptr;
  request->condition_count = 0;
  request->next = nullptr;
  shrink(request->exceptions);
  shrink(request->balances);
  // The lists of a read were cleared when it was recycled itself.
  if (ledger::is_write(request->operation)) {
    request->clear_write_answer();
  } else {
    recycle_read(*request);
  }
  idle_requests_.push_back(request);
}

}  // namespace florin::net
