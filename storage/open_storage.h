// Chooses the Storage for this machine.
#pragma once

#include <memory>

#include "storage/options.h"
#include "storage/storage.h"

namespace florin::storage {

// io_uring where the kernel and the sandbox allow it, else plain system calls; `options.kind`
// forces either. What was chosen and why is in `describe()`.
Result<std::unique_ptr<Storage>> open_storage(const StorageOptions& options = {});

}  // namespace florin::storage
