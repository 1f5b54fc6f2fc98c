// Counts instructions with callgrind: what runs within `count` is collected, everything else is
// not. Each count becomes a part of callgrind's output, named "<case> <units>"; parts of the same
// case add up. tools/check_instructions reads them.
#pragma once

#include <string_view>

#include <valgrind/callgrind.h>

#include "base/types.h"

namespace florin::bench {

class Counter {
 public:
  // Runs `work`, which is done for so many units (transfers, most often).
  template <class Work>
  void count(std::string_view name, u64 units, Work&& work) {
    CALLGRIND_TOGGLE_COLLECT;
    work();
    CALLGRIND_TOGGLE_COLLECT;
    finish(name, units);
  }

 private:
  static void finish(std::string_view name, u64 units);
};

// The cases.
void count_engine(Counter& counter);
void count_requests(Counter& counter);
void count_history(Counter& counter);

}  // namespace florin::bench
