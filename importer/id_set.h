// The ids of accounts that were met: two questions for each row, so it is one table without links.
#pragma once

#include <vector>

#include "base/types.h"

namespace florin::importer {

struct HashOfId {
  usize operator()(u128 id) const {
    constexpr u64 kOdd = 0x9e37'79b9'7f4a'7c15;
    const u64 mixed = (low_half(id) ^ high_half(id) * kOdd) * kOdd;
    return static_cast<usize>(mixed ^ mixed >> 32);
  }
};

// Ids are not zero. Belongs to one thread.
class IdSet {
 public:
  // Whether it was not there before.
  bool insert(u128 id) {
    if ((count_ + 1) * 2 > places_.size()) grow();
    u128& place = find(id);
    if (place == id) return false;
    place = id;
    ++count_;
    return true;
  }

 private:
  // Where the id stands, or would.
  u128& find(u128 id) {
    usize index = HashOfId()(id) & (places_.size() - 1);
    while (places_[index] != 0 && places_[index] != id) index = (index + 1) & (places_.size() - 1);
    return places_[index];
  }
  void grow() {
    std::vector<u128> before(places_.empty() ? 1024 : places_.size() * 2);
    before.swap(places_);
    for (const u128 id : before) {
      if (id != 0) find(id) = id;
    }
  }

  std::vector<u128> places_;  // A power of two; at least half of them are free (0).
  usize count_ = 0;
};

}  // namespace florin::importer
