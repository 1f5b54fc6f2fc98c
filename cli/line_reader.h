// Lines from a file descriptor, with a bound on their length.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace florin::cli {

class LineReader {
 public:
  // The descriptor stays the caller's. A line of more than `line_bytes_max` bytes is an error; the
  // lines after it can still be read.
  LineReader(int descriptor, usize line_bytes_max)
      : descriptor_(descriptor), line_bytes_max_(line_bytes_max) {}

  // The next line without its newline, or nothing at the end. The last line needs no newline.
  Result<std::optional<std::string>> next();

 private:
  Result<bool> fill();

  int descriptor_;
  usize line_bytes_max_;
  std::string buffer_;
  usize scanned_ = 0;  // Up to here the buffer has no newline.
  bool skipping_ = false;
  bool at_end_ = false;
};

}  // namespace florin::cli
