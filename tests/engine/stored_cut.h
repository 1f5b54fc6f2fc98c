// What came out of a cut, kept as a snapshot would keep it; and its way into another engine.
#pragma once

#include <deque>
#include <vector>

#include "base/random.h"
#include "engine/state_loader.h"

namespace florin::test {

// A buffer's content, with memory of its own.
struct StoredBuffer {
  explicit StoredBuffer(const engine::CutBuffer& filled);
  StoredBuffer(const StoredBuffer& other);
  StoredBuffer& operator=(const StoredBuffer&) = delete;

  template <class Record>
  Record& record(u32 index) {
    return reinterpret_cast<Record*>(buffer.body())[index];
  }

  engine::CutBuffer buffer;

 private:
  struct alignas(256) Unit {
    std::byte bytes[256];
  };
  std::vector<Unit> image_;
};

struct StoredCut {
  // Takes what was filled and gives the buffers back. Returns whether there was anything.
  bool take_filled(engine::CutBuffers& buffers);
  // Cuts, and copies everything at once; no block is in flight.
  void take_all(engine::Engine& engine);
  engine::CutCounts records() const;
  // As the end of a snapshot has it: from its counters, which must be there, but for the records.
  engine::CutSummary summary();
  std::vector<StoredBuffer*> of(engine::CutKind kind);

  std::deque<StoredBuffer> buffers;
};

// Loads on one thread, in an order drawn from `random` as far as that is free.
Status load_cut(StoredCut& cut, engine::Engine& engine, const Limits& limits, Random& random);
// The same with this summary.
Status load_cut(StoredCut& cut, const engine::CutSummary& summary, engine::Engine& engine,
                const Limits& limits, Random& random);

}  // namespace florin::test
