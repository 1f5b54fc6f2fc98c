// Keeps two processes from serving one data directory.
#pragma once

#include <string>

#include "base/result.h"

namespace florin::storage {

// Holds an exclusive flock on DIRECTORY/lock, in which it writes the id of the process. The kernel
// releases it when the process ends, however it ends. Moved, not copied.
class ProcessLock {
 public:
  // Creates the directory if it is missing; its parent must exist. Fails as AlreadyInUse, naming
  // the directory and the holder, if another process (or another lock of this one) has it.
  static Result<ProcessLock> acquire(const std::string& directory);

  ProcessLock(ProcessLock&& other) noexcept;
  ProcessLock& operator=(ProcessLock&& other) noexcept;
  ~ProcessLock();

 private:
  explicit ProcessLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace florin::storage
