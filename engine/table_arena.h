// Memory for tables that grow by doubling: a buddy allocator over one reserved region. Blocks are
// powers of two; a freed block joins its free neighbour, so that the space of many small tables
// becomes the space of fewer large ones. D. Knuth, The Art of Computer Programming, vol. 1, 2.5.
#pragma once

#include "base/memory_region.h"
#include "base/result.h"
#include "base/types.h"

namespace florin::engine {

// Belongs to one thread.
class TableArena {
 public:
  static constexpr u32 kSmallestOrder = 9;  // 512 bytes: 64 entries.

  // Room for `bytes` of blocks in the worst case.
  Status reserve(u64 bytes);

  // A block of 2^order bytes, aligned to its size relative to the region, contents undefined.
  std::byte* allocate(u32 order);
  void release(std::byte* block, u32 order);

  // Bytes of the region that were ever handed out.
  u64 used_bytes() const { return top_; }
  u64 size_bytes() const { return region_.size_bytes(); }
  void touch(u64 first, u64 last) const { region_.touch(first, last); }

 private:
  static constexpr u32 kOrders = 48;
  struct FreeBlock {
    FreeBlock* previous;
    FreeBlock* next;
  };

  u64 offset_of(const std::byte* block) const { return static_cast<u64>(block - region_.data()); }
  void push_free(u64 offset, u32 order);
  void remove_free(u64 offset, u32 order);
  std::byte* take_from_top(u32 order);

  MemoryRegion region_;
  // For each smallest block: 1 + the order of the free block that begins there, or 0.
  ReservedArray<u8> free_order_;
  FreeBlock* free_[kOrders] = {};
  u64 top_ = 0;
};

}  // namespace florin::engine
