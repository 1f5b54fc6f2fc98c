#include "storage/process_lock.h"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "storage/data_directory.h"
#include "storage/posix_storage.h"

namespace florin::storage {

namespace {

constexpr mode_t kLockMode = 0640;

// The process id that the holder wrote, or nothing if it has not yet.
std::string holder_of(int descriptor) {
  std::array<char, 16> text{};
  const ssize_t length = ::pread(descriptor, text.data(), text.size(), 0);
  std::string digits;
  for (ssize_t index = 0; index < length; ++index) {
    const char character = text[static_cast<usize>(index)];
    if (character < '0' || character > '9') break;
    digits.push_back(character);
  }
  return digits;
}

tl::unexpected<Error> in_use(const std::string& directory, const std::string& holder) {
  std::string message = "data directory " + directory + " is in use by another process";
  if (!holder.empty()) message += " (pid " + holder + ")";
  return fail(ErrorCode::AlreadyInUse, std::move(message));
}

// The id is there for people: a lock without it, for lack of room, is a lock.
void write_holder(int descriptor) {
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, text.data(), text.size(), 0);
}

}  // namespace

Result<ProcessLock> ProcessLock::acquire(const std::string& directory) {
  PosixStorage storage({}, {});
  RETURN_IF_ERROR(create_data_directory(storage, directory));
  const std::string path = directory + "/lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kLockMode);
  if (descriptor < 0) return fail_errno(errno, "open " + path);
  ProcessLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return in_use(directory, holder_of(descriptor));
    return fail_errno(errno, "lock " + path);
  }
  write_holder(descriptor);
  return lock;
}

ProcessLock::ProcessLock(ProcessLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

ProcessLock& ProcessLock::operator=(ProcessLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

ProcessLock::~ProcessLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace florin::storage
