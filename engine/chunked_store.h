// Records that are added at the end, found by number in two steps, at addresses that never change.
#pragma once

#include <memory>
#include <vector>

#include "base/types.h"

namespace florin::engine {

// Memory is taken a chunk at a time.
template <class Record, u32 kChunk>
class ChunkedStore {
  static_assert((kChunk & (kChunk - 1)) == 0);

 public:
  Record& operator[](u32 number) { return chunks_[number / kChunk][number % kChunk]; }
  const Record& operator[](u32 number) const { return chunks_[number / kChunk][number % kChunk]; }
  u32 size() const { return size_; }

  // Adds a record and returns its number.
  u32 add() {
    if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<Record[]>(kChunk));
    return size_++;
  }
  void clear() {
    chunks_.clear();
    size_ = 0;
  }
  u64 memory_bytes() const { return chunks_.size() * kChunk * sizeof(Record); }

  // Takes the newest record away; its memory is kept for the next.
  void remove_newest() {
    --size_;
    (*this)[size_] = Record{};
  }

 private:
  std::vector<std::unique_ptr<Record[]>> chunks_;
  u32 size_ = 0;
};

}  // namespace florin::engine
