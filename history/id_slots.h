// From 128-bit ids to slots of a table that grows: open addressing with linear probing, 8 bytes an
// entry (a 32-bit tag and a slot), at a load between 0.35 and 0.7. The id itself is not in here: a
// tag that matches is confirmed by the record of its slot, which the caller compares.
#pragma once

#include <vector>

#include "base/prefetch.h"
#include "base/types.h"
#include "engine/id_hash.h"

namespace florin::history {

inline constexpr u32 kNoSlot = 0xffffffff;

// Belongs to one thread.
class IdSlots {
 public:
  explicit IdSlots(engine::HashSeed seed) : seed_(seed), entries_(kEntriesLeast) {}

  // Two steps, so that no seed is a bad one, zero included.
  u32 tag_of(u128 id) const {
    const u64 mixed = engine::multiply_fold(low_half(id) ^ seed_.low ^ 0x8ebc6af09c88c6e3ULL,
                                            high_half(id) ^ seed_.high ^ 0x589965cc75374cc3ULL);
    return static_cast<u32>(engine::multiply_fold(mixed, 0x1d8e4e27c47d124fULL));
  }
  void prefetch(u32 tag) const { prefetch_line(&entries_[tag & mask()]); }

  // The slot with this tag for which `is_match(slot)` is true, or kNoSlot.
  template <class IsMatch>
  u32 find(u32 tag, IsMatch&& is_match) const {
    for (usize place = tag & mask();; place = (place + 1) & mask()) {
      const u64 entry = entries_[place];
      if (entry == 0) return kNoSlot;
      if (static_cast<u32>(entry >> 32) != tag) continue;
      const u32 slot = static_cast<u32>(entry) - 1;
      if (is_match(slot)) return slot;
    }
  }
  // The first slot whose tag matches, or kNoSlot: most often, but not surely, that of the id.
  u32 candidate(u32 tag) const {
    return find(tag, [](u32) { return true; });
  }

  // Adds an id that is not there; removes an entry that is.
  void insert(u32 tag, u32 slot);
  void erase(u32 tag, u32 slot);
  void clear();

  u64 size() const { return count_; }
  u64 memory_bytes() const { return entries_.size() * sizeof(u64); }

 private:
  static constexpr usize kEntriesLeast = 1024;

  usize mask() const { return entries_.size() - 1; }
  void place(u64 entry);
  void grow();

  engine::HashSeed seed_;
  std::vector<u64> entries_;  // A power of two of them; 0 = free.
  u64 count_ = 0;
};

}  // namespace florin::history
