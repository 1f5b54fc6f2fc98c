// One line at the foot of a terminal that tells how far long work has come; nothing where stderr is
// no terminal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/types.h"

namespace florin::cli {

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // "reading the log  [######----]  61 %  1,234,567 events, 3 s left". `total` 0 = not known.
  void show(std::string_view work, u64 done, u64 total, std::string_view detail);

 private:
  bool on_terminal_;
  bool shown_ = false;
};

// ", 3 s left" of a time in nanoseconds; empty when it is not known.
std::string left_text(std::optional<u64> left_ns);

}  // namespace florin::cli
