// Buffered reads; a line that is too long is dropped as it comes in.
#include "cli/line_reader.h"

#include <cerrno>

#include <fmt/core.h>
#include <unistd.h>

namespace florin::cli {

Result<bool> LineReader::fill() {
  char bytes[64 * kKiB];
  ssize_t count = 0;
  do {
    count = ::read(descriptor_, bytes, sizeof(bytes));
  } while (count < 0 && errno == EINTR);
  if (count < 0) return fail_errno(errno, "read the input");
  buffer_.append(bytes, static_cast<usize>(count));
  return count > 0;
}

Result<std::optional<std::string>> LineReader::next() {
  while (true) {
    const usize end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      scanned_ = 0;
      const bool too_long = skipping_ || line.size() > line_bytes_max_;
      skipping_ = false;
      if (too_long) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("a line is longer than {} bytes", line_bytes_max_));
      }
      return std::optional<std::string>(std::move(line));
    }
    if (at_end_) {
      if (buffer_.empty() && !skipping_) return std::optional<std::string>();
      buffer_ += '\n';
      continue;
    }
    scanned_ = buffer_.size();
    if (buffer_.size() > line_bytes_max_) {
      skipping_ = true;
      buffer_.clear();
      scanned_ = 0;
    }
    const auto more = fill();
    if (!more) return tl::unexpected<Error>(more.error());
    at_end_ = !*more;
  }
}

}  // namespace florin::cli
