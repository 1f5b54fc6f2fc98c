#include "importer/input_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"

namespace florin::importer {

namespace {

constexpr usize kBufferBytes = 4 * kMiB;
constexpr usize kHeadBytes = 64 * kKiB;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

InputFile::InputFile(std::string path, int descriptor)
    : descriptor_(descriptor), data_(kBufferBytes + kPaddingBytes) {
  identity_.name = std::move(path);
}

InputFile::InputFile(InputFile&& other) noexcept
    : identity_(std::move(other.identity_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      data_(std::move(other.data_)),
      filled_(other.filled_),
      at_end_(other.at_end_),
      base_offset_(other.base_offset_),
      begin_(other.begin_),
      end_(other.end_),
      first_end_(other.first_end_),
      found_(other.found_),
      first_number_(other.first_number_),
      lines_in_row_(other.lines_in_row_) {}

InputFile::~InputFile() {
  if (descriptor_ > STDERR_FILENO) ::close(descriptor_);
}

Result<InputFile> InputFile::open(const std::string& path) {
  const bool is_standard = path == "-";
  const int descriptor = is_standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return fail_errno(errno, "open " + path);
  InputFile file(path, descriptor);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return fail_errno(errno, "look at " + path);
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::InvalidArgument, path + " is a directory");
  if (!is_standard) file.identity_.size_bytes = static_cast<u64>(status.st_size);
  RETURN_IF_ERROR(file.read_head());
  return file;
}

Status InputFile::read_head() {
  while (!at_end_ && filled_ < kHeadBytes) RETURN_IF_ERROR(fill());
  const std::span<const char> head(data_.data(), std::min(filled_, kHeadBytes));
  identity_.head_checksum = checksum64(std::as_bytes(head));
  if (std::string_view(data_.data(), filled_).starts_with(kByteOrderMark)) {
    end_ = kByteOrderMark.size();
  }
  return {};
}

// Reads once; drops what is before the row.
Status InputFile::fill() {
  if (filled_ == kBufferBytes) {
    std::memmove(data_.data(), data_.data() + begin_, filled_ - begin_);
    base_offset_ += begin_;
    filled_ -= begin_;
    end_ -= begin_;
    first_end_ -= std::min(first_end_, begin_);
    begin_ = 0;
  }
  while (true) {
    const ssize_t count = ::read(descriptor_, data_.data() + filled_, kBufferBytes - filled_);
    if (count >= 0) {
      filled_ += static_cast<usize>(count);
      at_end_ = count == 0;
      return {};
    }
    if (errno != EINTR) return fail_errno(errno, "read " + identity_.name);
  }
}

tl::unexpected<Error> InputFile::too_long() const {
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{} line {} is longer than {} bytes", identity_.name,
                          first_number_ + lines_in_row_, kRowBytesMax));
}

// Puts the end of the line that begins at end_ + `from` into found_; false at the end of the file.
Result<bool> InputFile::find_line(usize from) {
  usize searched = from;
  while (true) {
    const char* const begin = data_.data() + end_ + searched;
    const usize left = filled_ - end_ - searched;
    if (const void* const end = std::memchr(begin, '\n', left)) {
      found_ = static_cast<usize>(static_cast<const char*>(end) - data_.data()) + 1;
      return true;
    }
    searched += left;
    if (at_end_) {
      found_ = filled_;
      return searched > 0;
    }
    if (end_ + searched - begin_ > kRowBytesMax) return too_long();
    RETURN_IF_ERROR(fill());
  }
}

Result<std::optional<std::string_view>> InputFile::next_line() {
  begin_ = end_;
  first_number_ += std::exchange(lines_in_row_, 0);
  const auto found = find_line(0);
  RETURN_IF_ERROR(found);
  if (!*found) return std::optional<std::string_view>();
  if (found_ - begin_ > kRowBytesMax) return too_long();
  end_ = first_end_ = found_;
  lines_in_row_ = 1;
  return std::optional(text_until(end_));
}

Result<std::optional<std::string_view>> InputFile::longer_line() {
  if (end_ - begin_ > kRowBytesMax) return std::optional<std::string_view>();
  const auto found = find_line(0);
  RETURN_IF_ERROR(found);
  if (!*found || found_ - begin_ > kRowBytesMax) return std::optional<std::string_view>();
  end_ = found_;
  ++lines_in_row_;
  return std::optional(text_until(end_));
}

std::string_view InputFile::first_line() {
  end_ = first_end_;
  lines_in_row_ = 1;
  return text_until(end_);
}

std::string_view InputFile::text_until(usize end) const {
  std::string_view text(data_.data() + begin_, end - begin_);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace florin::importer
