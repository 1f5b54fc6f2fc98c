#include "storage/open_storage.h"

#include <utility>

#include "base/check.h"
#include "storage/posix_storage.h"
#include "storage/uring_storage.h"

namespace florin::storage {

namespace {

Result<std::unique_ptr<Storage>> open_uring(const StorageOptions& options) {
  auto storage = UringStorage::create(options);
  if (!storage) return tl::unexpected<Error>(std::move(storage).error());
  return std::unique_ptr<Storage>(std::move(*storage));
}

std::unique_ptr<Storage> open_posix(const StorageOptions& options, std::string note) {
  return std::make_unique<PosixStorage>(options, std::move(note));
}

Result<std::unique_ptr<Storage>> open_best(const StorageOptions& options) {
  auto storage = open_uring(options);
  if (storage) return storage;
  return open_posix(options, "without io_uring: " + storage.error().message);
}

}  // namespace

Result<std::unique_ptr<Storage>> open_storage(const StorageOptions& options) {
  if (options.operations_max == 0 || options.operations_max > kOperationsMaxLimit) {
    return fail(ErrorCode::InvalidArgument, "storage operations in flight must be from 1 to " +
                                                std::to_string(kOperationsMaxLimit) + ", not " +
                                                std::to_string(options.operations_max));
  }
  switch (options.kind) {
    case StorageKind::Automatic: return open_best(options);
    case StorageKind::Uring: return open_uring(options);
    case StorageKind::Posix: return open_posix(options, "as asked for");
  }
  CHECK(false);
}

}  // namespace florin::storage
