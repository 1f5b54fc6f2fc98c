// Files of text as the exporter writes them: a growing one, and small ones that are there whole or
// not at all. Every error names the path.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace florin::exporter {

// A file that grows at its end. Belongs to one thread.
class GrowingFile {
 public:
  // Opens or makes the file, and cuts it to its first `bytes`. Corrupt: it has less.
  static Result<GrowingFile> open(const std::string& path, u64 bytes);
  GrowingFile(GrowingFile&& other) noexcept;
  GrowingFile& operator=(GrowingFile&& other) noexcept;
  ~GrowingFile();

  Status append(std::string_view text);
  // Returns when everything appended is on stable storage.
  Status sync();
  u64 size_bytes() const { return size_bytes_; }
  const std::string& path() const { return path_; }

 private:
  GrowingFile(std::string path, int descriptor, u64 bytes)
      : path_(std::move(path)), descriptor_(descriptor), size_bytes_(bytes) {}

  std::string path_;
  int descriptor_ = -1;
  u64 size_bytes_ = 0;
};

// The whole content, or nothing when there is no such file.
Result<std::optional<std::string>> read_whole_file(const std::string& path);

// Writes the content under another name, makes it durable and puts it in the place of `path`.
Status write_whole_file(const std::string& path, std::string_view content);

// What was renamed, made or removed in the directory is on stable storage afterwards.
Status sync_directory(const std::string& path);

// Removes the file, if it is there.
Status remove_file(const std::string& path);

// Makes the directory, and those above it, if they are missing.
Status make_directories(const std::string& path);

}  // namespace florin::exporter
