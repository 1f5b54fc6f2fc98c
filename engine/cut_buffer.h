// How a cut of the engine's state leaves it: in buffers that those who copy fill and the one who
// writes them empties. The first bytes of each are left for the writer's header, so that a buffer
// goes to the disk as it is.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <concurrentqueue/concurrentqueue.h>

#include "base/types.h"

namespace florin::engine {

// What the records of a buffer are. Part of the stored format: never changes.
enum class CutKind : u16 {
  Accounts = 1,         // Bound to virtual slots, in no order within the buffer.
  Transfers = 2,        // Created ones, in the order of creation; `first_number` counts them ...
  FailedIds = 3,        // ... and these, consumed without a transfer, from the ledger's beginning.
  Marks = 4,            // Of transfers that have one.
  Holds = 5,            // Open ones.
  Limits = 6,           // Of accounts that ever had any, ...
  VelocityWindows = 7,  // ... and of those, the windows.
  AccountChanges = 8,   // The audit of updates, in order.
  UpdateIds = 9,        // Consumed without a change.
  Creations = 10,       // What changed accounts were created with.
  Counters = 11,        // One record: how many of everything, and the last timestamps.
  KeptTransfers = 12,   // Older than the Transfers: still in memory, though passed over.
  KeptIds = 13,         // The same of consumed ids.
};

struct CutBuffer {
  static constexpr u64 kHeadroomBytes = 256;  // For the writer's header.
  static constexpr u64 kBytes = u64{1} << 20;
  static constexpr u64 kBodyBytesMax = kBytes - kHeadroomBytes;

  CutKind kind = CutKind::Accounts;
  u32 first_virtual_slot = 0;  // All records are of virtual slots in [first, last].
  u32 last_virtual_slot = 0;
  u32 records = 0;
  u64 first_number = 0;
  u64 body_bytes = 0;

  std::byte* image = nullptr;  // kBytes, aligned to 4096.
  std::byte* body() const { return image + kHeadroomBytes; }
  u64 room() const { return kBodyBytesMax - body_bytes; }
};

// A fixed number of buffers, passed around without copies. Any thread, but `next_filled`, which is
// the writer's.
class CutBuffers {
 public:
  explicit CutBuffers(u32 count);
  ~CutBuffers();
  CutBuffers(const CutBuffers&) = delete;
  CutBuffers& operator=(const CutBuffers&) = delete;

  // An empty buffer, or null while all are in use: the copier comes back later.
  CutBuffer* take();
  // The same, but makes one more when there is none: for the copy of a record that is about to
  // change. Each record is copied once, so that these are bounded by the state itself.
  CutBuffer* take_at_once();
  void hand_over(CutBuffer* filled) { filled_.enqueue(filled); }

  // The writer: a filled buffer, or null; and its return.
  CutBuffer* next_filled();
  void give_back(CutBuffer* written);

 private:
  struct Memory;

  moodycamel::ConcurrentQueue<CutBuffer*> empty_;
  moodycamel::ConcurrentQueue<CutBuffer*> filled_;
  std::mutex memory_mutex_;  // Taken once in thousands of records, and only when buffers run out.
  std::vector<std::unique_ptr<Memory>> memory_;
};

}  // namespace florin::engine
