// Proves that a run of statements is as it was made: every file that its manifest speaks of, by
// size and checksum, no others, and sums that still add up.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace florin::statement {

// More problems are counted, and not told.
inline constexpr usize kProblemsTold = 100;

struct RunCheck {
  u64 manifests = 0;
  u64 statements = 0;  // Read, as are the bytes.
  u64 bytes = 0;
  u64 problems_found = 0;
  std::vector<std::string> problems;  // Each a sentence with the file in it.
};

// `directory`: the folder of a period, or that of several. NotFound: there is no manifest. Io.
Result<RunCheck> check_runs(const std::string& directory, u32 threads,
                            const std::function<void(const RunCheck&)>& report);

}  // namespace florin::statement
