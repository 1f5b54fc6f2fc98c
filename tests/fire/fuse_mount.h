// A PowerDisk as a file system of this machine, through FUSE.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "base/result.h"
#include "tests/fire/power_disk.h"

struct fuse;

namespace florin::test {

// Mounted from construction to destruction, served by threads of its own. The kernel caches nothing
// of it: every operation of a program reaches the disk.
class FuseMount {
 public:
  // `directory` must be an empty directory. The error says what is missing: /dev/fuse, or the
  // permission to mount.
  static Result<std::unique_ptr<FuseMount>> mount(PowerDisk& disk, const std::string& directory);
  ~FuseMount();
  FuseMount(const FuseMount&) = delete;
  FuseMount& operator=(const FuseMount&) = delete;

 private:
  explicit FuseMount(struct fuse* handle) : handle_(handle) {}

  struct fuse* handle_;
  std::thread loop_;
};

}  // namespace florin::test
