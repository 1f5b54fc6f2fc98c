// Which records, by number, a cut has copied already. Forgetting the cut before costs nothing: the
// bits of a chunk are cleared when the first of them is set.
#pragma once

#include "base/memory_region.h"
#include "base/result.h"
#include "engine/slot_pool.h"

namespace florin::engine {

// Each chunk of kSlotChunk records belongs to one thread. Cuts are numbered from 1.
class CopiedBits {
 public:
  Status reserve(u64 records_max) {
    const u64 rounded = round_up(records_max, kSlotChunk);
    RETURN_IF_ERROR(bits_.reserve(rounded / 64));
    return cuts_.reserve(rounded / kSlotChunk);
  }

  bool has(u64 number, u32 cut) const {
    return cuts_[number / kSlotChunk] == cut && (bits_[number / 64] >> (number % 64) & 1) != 0;
  }
  void set(u64 number, u32 cut) {
    u32& of_chunk = cuts_[number / kSlotChunk];
    if (of_chunk != cut) {
      constexpr u64 kWords = kSlotChunk / 64;
      for (u64 word = 0; word < kWords; ++word) bits_[number / kSlotChunk * kWords + word] = 0;
      of_chunk = cut;
    }
    bits_[number / 64] |= u64{1} << (number % 64);
  }

 private:
  ReservedArray<u64> bits_;
  ReservedArray<u32> cuts_;  // By chunk: the cut that its bits are of.
};

// The copying of records [0, end) in ascending order, while they change. Belongs to one thread.
class CopyProgress {
 public:
  Status reserve(u64 records_max) { return copied_.reserve(records_max); }

  void begin(u64 end, u32 cut) {
    next_ = 0;
    end_ = end;
    cut_ = cut;
  }
  void stop() { next_ = end_ = 0; }
  bool done() const { return next_ == end_; }

  // Whether the record, which is about to change, must be copied first. Once for each.
  bool claim_before_change(u64 number) {
    if (number - next_ >= end_ - next_) [[likely]]
      return false;  // Behind, or not in the cut, or there is no cut.
    return claim(number);
  }
  // The next record in order, and whether it is still to be copied. Requires !done().
  u64 next() const { return next_; }
  bool take_next() {
    const u64 number = next_++;
    return !copied_.has(number, cut_);
  }
  void skip_to(u64 number) { next_ = number < end_ ? number : end_; }

 private:
  bool claim(u64 number) {
    if (copied_.has(number, cut_)) return false;
    copied_.set(number, cut_);
    return true;
  }

  CopiedBits copied_;
  u64 next_ = 0;
  u64 end_ = 0;
  u32 cut_ = 0;
};

}  // namespace florin::engine
