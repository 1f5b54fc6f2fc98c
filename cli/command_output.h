// What commands that run on this machine's files and processes have in common when they tell their
// results: exit codes, and text that is to be seen at once.
#pragma once

#include <cstdio>
#include <string_view>

#include "base/types.h"

namespace florin::cli {

inline constexpr int kExitFailed = 1;
inline constexpr int kExitDamaged = 3;

inline double seconds_of(u64 duration_ns) {
  return static_cast<double>(duration_ns) / static_cast<double>(kNsPerSecond);
}

// At once; false when not all of what was printed could be written.
inline bool print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0;
}

}  // namespace florin::cli
