// A power_disk of our own: a child process that serves a mount point. Nothing outlives the object.
#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include "base/result.h"
#include "tests/fire/power_disk.h"

namespace florin::test {

class MountedDisk {
 public:
  // Mounts at the directory, which must be there and empty. Unsupported where FUSE is not to be
  // had, with the reason.
  static Result<std::unique_ptr<MountedDisk>> mount(const std::string& directory);
  ~MountedDisk();
  MountedDisk(const MountedDisk&) = delete;
  MountedDisk& operator=(const MountedDisk&) = delete;

  const std::string& path() const { return directory_; }
  // One command of power_disk_main.cc. Aborts the test if the disk does not answer `ok`.
  DiskStatus ask(const std::string& command);
  DiskStatus status() { return ask("status"); }

 private:
  explicit MountedDisk(std::string directory) : directory_(std::move(directory)) {}
  Result<std::string> read_line();

  std::string directory_;
  pid_t pid_ = -1;
  int commands_ = -1;
  int answers_ = -1;
  std::string pending_;
};

}  // namespace florin::test
