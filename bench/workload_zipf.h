// Drawing from a Zipf distribution in constant time.
#pragma once

#include <vector>

#include "base/random.h"
#include "base/types.h"

namespace florin::bench {

// Rank r (from 0) is drawn with probability proportional to 1 / (r + 1)^theta, by the alias method
// (A. J. Walker 1977; construction by M. D. Vose, "A linear algorithm for generating random numbers
// with a given distribution", IEEE Transactions on Software Engineering 17, 1991): one draw and one
// look-up whatever the count, exact within 2^-32. Eight bytes a rank.
class ZipfTable {
 public:
  // `count` is from 1 to 2^32 - 1; `theta` is not negative, and 0 is the uniform distribution.
  ZipfTable(u64 count, double theta);

  u64 draw(Random& random) const {
    const u64 bits = random.next();
    const u64 column = ((bits >> 32) * columns_.size()) >> 32;
    const Column& entry = columns_[column];
    return static_cast<u32>(bits) < entry.threshold ? column : entry.alias;
  }

 private:
  struct Column {
    u32 threshold;  // Of 2^32: the share of the column that belongs to its own rank.
    u32 alias;      // The rank that has the rest.
  };

  std::vector<Column> columns_;
};

}  // namespace florin::bench
