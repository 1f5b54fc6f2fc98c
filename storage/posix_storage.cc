#include "storage/posix_storage.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include "base/check.h"

namespace florin::storage {

namespace {

// Each gives 0 or an errno value.

int write_once(File file, u64 offset, std::span<const std::byte> bytes) {
  ssize_t written = 0;
  do {
    written = ::pwrite(file.handle, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  } while (written < 0 && errno == EINTR);
  if (written < 0) return errno;
  return static_cast<usize>(written) == bytes.size() ? 0 : EIO;
}

// An interrupted sync has lost nothing: the kernel reports failed pages only once, and has not
// reported them here.
int sync_data(File file) {
  int result = 0;
  do {
    result = ::fdatasync(file.handle);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

int write_durably(File file, u64 offset, std::span<const std::byte> bytes) {
  const int error = write_once(file, offset, bytes);
  return error != 0 ? error : sync_data(file);
}

int sync_opened_directory(int handle) {
  if (handle < 0) return -handle;
  const int error = ::fsync(handle) == 0 ? 0 : errno;
  ::close(handle);
  return error;
}

}  // namespace

PosixStorage::PosixStorage(const StorageOptions& options, std::string note)
    : LocalFiles(options.direct), operations_max_(options.operations_max), note_(std::move(note)) {
  asked_.reserve(operations_max_);
  completed_.reserve(operations_max_);
}

void PosixStorage::add(Operation operation) {
  CHECK(asked_.size() + completed_.size() < operations_max_);
  asked_.push_back(std::move(operation));
}

void PosixStorage::write(File file, u64 offset, std::span<const std::byte> bytes,
                         Durability durability, u64 token) {
  check_alignment(offset, bytes);
  const auto kind =
      durability == Durability::Durable ? Operation::Kind::DurableWrite : Operation::Kind::Write;
  add({kind, file, offset, bytes, {}, token});
}

void PosixStorage::sync(File file, u64 token) {
  add({Operation::Kind::Sync, file, 0, {}, {}, token});
}

void PosixStorage::sync_directory(const std::string& path, u64 token) {
  add({Operation::Kind::SyncDirectory, {}, 0, {}, path, token});
}

int PosixStorage::perform(const Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::Write:
      return write_once(operation.file, operation.offset, operation.bytes);
    case Operation::Kind::DurableWrite:
      return write_durably(operation.file, operation.offset, operation.bytes);
    case Operation::Kind::Sync: return sync_data(operation.file);
    case Operation::Kind::SyncDirectory:
      return sync_opened_directory(open_directory(operation.path));
  }
  CHECK(false);
}

void PosixStorage::submit() {
  for (const Operation& operation : asked_) {
    completed_.push_back({operation.token, perform(operation)});
  }
  asked_.clear();
}

usize PosixStorage::poll(std::span<Completion> completions) {
  const usize count = std::min(completions.size(), completed_.size());
  const auto end = completed_.begin() + static_cast<std::ptrdiff_t>(count);
  std::copy(completed_.begin(), end, completions.begin());
  completed_.erase(completed_.begin(), end);
  return count;
}

std::string PosixStorage::describe() const {
  std::string text = "pwrite, " + cache_note() + ", fdatasync";
  if (!note_.empty()) text += " (" + note_ + ")";
  return text;
}

}  // namespace florin::storage
