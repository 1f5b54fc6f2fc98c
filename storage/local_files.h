// The control half of Storage over the files of this machine, shared by the implementations that
// write through io_uring and through plain system calls.
#pragma once

#include <string>
#include <vector>

#include "storage/storage.h"

namespace florin::storage {

// Opens files with O_DIRECT; where the filesystem refuses that, buffered, and says so in
// `cache_note`. Every error names the path. Interrupted system calls are repeated.
class LocalFiles : public Storage {
 public:
  explicit LocalFiles(bool direct) : direct_(direct) {}
  LocalFiles(const LocalFiles&) = delete;
  LocalFiles& operator=(const LocalFiles&) = delete;

  Result<File> open(const std::string& path, OpenMode mode) override;
  void close(File file) override;
  Result<u64> size_bytes(File file) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status create_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Status allocate(File file, u64 bytes) override;
  Status read(File file, u64 offset, std::span<std::byte> target) override;
  Status sync_now(File file) override;
  Status sync_directory_now(const std::string& path) override;

 protected:
  // Opens a directory so that it can be synced; -errno when it cannot be.
  static int open_directory(const std::string& path);
  // "O_DIRECT", "buffered", or which of both and why.
  std::string cache_note() const;

 private:
  bool direct_;
  u64 direct_refused_ = 0;  // Files opened buffered because their filesystem refused O_DIRECT.
};

// A bug of the caller if an operation does not keep to sectors.
void check_alignment(u64 offset, std::span<const std::byte> bytes);

}  // namespace florin::storage
