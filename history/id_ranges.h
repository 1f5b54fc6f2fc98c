// Which ids history can have at all: a few ranges, so that ids that grow with time are known to be
// new without a look at any table, and one odd id among them does not spoil it.
#pragma once

#include <array>
#include <atomic>

#include "base/types.h"

namespace florin::history {

// One thread adds; any thread asks, in some nanoseconds, without waiting for more than an `add` in
// progress. Ids are never taken away.
class IdRanges {
 public:
  static constexpr usize kRanges = 8;

  struct Range {
    u128 first = 0;
    u128 last = 0;
    friend bool operator==(const Range&, const Range&) = default;
  };
  struct List {
    usize count = 0;
    std::array<Range, kRanges> ranges;  // Ascending, apart.

    void add(u128 id);
    bool has(u128 id) const {
      for (usize index = count; index-- > 0;) {  // New ids are asked for most.
        if (id > ranges[index].last) return false;
        if (id >= ranges[index].first) return true;
      }
      return false;
    }
    friend bool operator==(const List&, const List&) = default;
  };

  // Makes `list` what is published. A thread that learned of an id in any way that orders memory
  // finds it here from then on.
  void publish(const List& list);
  bool may_have(u128 id) const;

 private:
  struct Words {
    std::atomic<u64> high{0};
    std::atomic<u64> low{0};
  };

  std::atomic<u64> version_{0};  // Odd while it changes.
  std::atomic<usize> count_{0};
  std::array<Words, kRanges> first_;
  std::array<Words, kRanges> last_;
};

}  // namespace florin::history
