// Places on real filesystems for a test to write in, gone when it ends.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "base/check.h"
#include "base/types.h"

namespace florin::storage {

// A new empty directory.
class ScratchDirectory {
 public:
  ScratchDirectory() : path_(testing::TempDir() + "florin_storage_XXXXXX") {
    CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A filesystem of its own in a scratch directory, where the test may mount one.
class ScratchMount {
 public:
  ScratchMount(const char* type, const char* options)
      : is_mounted_(::mount("florin", directory_.path().c_str(), type, 0, options) == 0) {}
  ~ScratchMount() {
    if (is_mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  ScratchMount(const ScratchMount&) = delete;
  ScratchMount& operator=(const ScratchMount&) = delete;

  bool is_mounted() const { return is_mounted_; }
  std::string operator/(const std::string& name) const { return directory_ / name; }

 private:
  ScratchDirectory directory_;
  bool is_mounted_;
};

// No file may grow past `bytes` while this lives: a write across the end is short, as on a disk
// that fills up.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(u64 bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    CHECK(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit limit{bytes, before_.rlim_max};
    CHECK(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    CHECK(::setrlimit(RLIMIT_FSIZE, &before_) == 0);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace florin::storage
