// A file, or the standard input, read once from its beginning, line by line, with the place of each
// line; and what it is known by again.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace florin::importer {

// The longest row, its line ends included, and with it the longest line.
inline constexpr u64 kRowBytesMax = kMiB;
// Readable bytes behind every line, for readers that look at many at once.
inline constexpr usize kPaddingBytes = 64;

// Whether a file is the one that was read before.
struct FileIdentity {
  std::string name;
  u64 size_bytes = 0;     // 0 of the standard input.
  u64 head_checksum = 0;  // Of its first bytes, 64 KiB at most.
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// Belongs to one thread at a time.
class InputFile {
 public:
  // "-" is the standard input. NotFound, PermissionDenied, Io.
  static Result<InputFile> open(const std::string& path);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  const FileIdentity& identity() const { return identity_; }

  // The next line without its end (LF or CR LF), or nothing at the end of the file. Valid until
  // the next call. A line beyond kRowBytesMax is an error.
  Result<std::optional<std::string_view>> next_line();
  // The same line and the one after it, with the line end between them; nothing at the end of the
  // file, or when both are beyond kRowBytesMax.
  Result<std::optional<std::string_view>> longer_line();
  // Back to the first line alone, as next_line() told it.
  std::string_view first_line();

  u64 line_number() const { return first_number_; }       // Of the line told last, from 1.
  u64 end_offset() const { return base_offset_ + end_; }  // In the file, behind its line end.

 private:
  InputFile(std::string path, int descriptor);
  Status fill();
  Status read_head();
  Result<bool> find_line(usize from);
  tl::unexpected<Error> too_long() const;
  std::string_view text_until(usize end) const;

  FileIdentity identity_;
  int descriptor_;
  std::vector<char> data_;
  usize filled_ = 0;
  bool at_end_ = false;
  u64 base_offset_ = 0;  // Of data_ in the file.
  usize begin_ = 0;      // Of the row.
  usize end_ = 0;        // Behind its line end.
  usize first_end_ = 0;  // The same of its first line.
  usize found_ = 0;      // What find_line found.
  u64 first_number_ = 1;
  u64 lines_in_row_ = 0;
};

}  // namespace florin::importer
