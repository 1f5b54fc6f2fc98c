#include "storage/local_files.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "storage/aligned_buffer.h"

namespace florin::storage {

namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kDirectoryMode = 0750;
constexpr u64 kZeroPieceBytes = kMiB;

// Repeats a system call that was interrupted by a signal.
template <class Call>
auto repeat_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// What a person calls an open file. Looked up only for error messages.
std::string path_of(File file) {
  const std::string link = "/proc/self/fd/" + std::to_string(file.handle);
  char path[PATH_MAX];
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  if (length < 0) return "file descriptor " + std::to_string(file.handle);
  return std::string(path, static_cast<usize>(length));
}

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::Read: return O_RDONLY | O_CLOEXEC;
    case OpenMode::ReadWrite: return O_RDWR | O_CLOEXEC;
    case OpenMode::Create: return O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL;
  }
  CHECK(false);
}

int open_repeated(const std::string& path, int flags) {
  return repeat_interrupted([&] { return ::open(path.c_str(), flags, kFileMode); });
}

// Writes zeros up to `bytes`: reserves room on a filesystem that cannot do so by itself.
Status extend_with_zeros(File file, u64 present_bytes, u64 bytes) {
  const AlignedBuffer zeros(kZeroPieceBytes);
  u64 offset = present_bytes / kSectorBytes * kSectorBytes;
  while (offset < bytes) {
    const u64 piece = std::min(round_up(bytes - offset, kSectorBytes), kZeroPieceBytes);
    const ssize_t written = repeat_interrupted(
        [&] { return ::pwrite(file.handle, zeros.data(), piece, static_cast<off_t>(offset)); });
    if (written < 0) return fail_errno(errno, "reserve room in " + path_of(file));
    if (written == 0 || static_cast<u64>(written) % kSectorBytes != 0) {
      return fail_errno(ENOSPC, "reserve room in " + path_of(file));
    }
    offset += static_cast<u64>(written);
  }
  return {};
}

}  // namespace

void check_alignment(u64 offset, std::span<const std::byte> bytes) {
  CHECK(offset % kSectorBytes == 0);
  CHECK(bytes.size() % kSectorBytes == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(bytes.data()) % kSectorBytes == 0);
}

Result<File> LocalFiles::open(const std::string& path, OpenMode mode) {
  const int flags = open_flags(mode);
  int handle = open_repeated(path, direct_ ? flags | O_DIRECT : flags);
  if (handle < 0 && errno == EINVAL && direct_) {
    // The filesystem refuses O_DIRECT, which the kernel finds out after creating the file: the file
    // that is there now is ours.
    handle = open_repeated(path, flags & ~O_EXCL);
    if (handle >= 0) ++direct_refused_;
  }
  if (handle < 0) {
    return fail_errno(errno, (mode == OpenMode::Create ? "create " : "open ") + path);
  }
  return File{handle};
}

void LocalFiles::close(File file) {
  // Linux has released the descriptor whatever it answers; there is nothing to repeat.
  const int result = ::close(file.handle);
  CHECK(result == 0 || errno != EBADF);
}

Result<u64> LocalFiles::size_bytes(File file) {
  struct stat status {};
  if (::fstat(file.handle, &status) != 0) return fail_errno(errno, "size " + path_of(file));
  return static_cast<u64>(status.st_size);
}

Status LocalFiles::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return fail_errno(errno, "rename " + from + " to " + to);
  }
  return {};
}

Status LocalFiles::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return fail_errno(errno, "remove " + path);
  return {};
}

Status LocalFiles::create_directory(const std::string& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) == 0) return {};
  const int error = errno;
  struct stat status {};
  if (error == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
  return fail_errno(error, "create directory " + path);
}

Result<std::vector<std::string>> LocalFiles::list(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(path, error);
  const std::filesystem::directory_iterator end;
  while (!error && entry != end) {
    names.push_back(entry->path().filename().string());
    entry.increment(error);
  }
  if (error) return fail_errno(error.value(), "list directory " + path);
  std::sort(names.begin(), names.end());
  return names;
}

Status LocalFiles::allocate(File file, u64 bytes) {
  const int result =
      repeat_interrupted([&] { return ::fallocate(file.handle, 0, 0, static_cast<off_t>(bytes)); });
  if (result == 0) return {};
  if (errno != EOPNOTSUPP) return fail_errno(errno, "reserve room in " + path_of(file));
  auto present_bytes = size_bytes(file);
  RETURN_IF_ERROR(present_bytes);
  return extend_with_zeros(file, *present_bytes, bytes);
}

Status LocalFiles::read(File file, u64 offset, std::span<std::byte> target) {
  check_alignment(offset, target);
  usize filled = 0;
  while (filled < target.size()) {
    const ssize_t count = repeat_interrupted([&] {
      return ::pread(file.handle, target.data() + filled, target.size() - filled,
                     static_cast<off_t>(offset + filled));
    });
    if (count < 0) return fail_errno(errno, "read " + path_of(file));
    if (count == 0) {
      return fail(ErrorCode::Io, "cannot read " + std::to_string(target.size()) +
                                     " bytes at offset " + std::to_string(offset) + " of " +
                                     path_of(file) + ": it ends after " + std::to_string(filled));
    }
    filled += static_cast<usize>(count);
  }
  return {};
}

Status LocalFiles::sync_now(File file) {
  if (repeat_interrupted([&] { return ::fdatasync(file.handle); }) != 0) {
    return fail_errno(errno, "sync " + path_of(file));
  }
  return {};
}

Status LocalFiles::sync_directory_now(const std::string& path) {
  const int handle = open_directory(path);
  if (handle < 0) return fail_errno(-handle, "open directory " + path);
  const int result = repeat_interrupted([&] { return ::fsync(handle); });
  const int error = errno;
  ::close(handle);
  if (result != 0) return fail_errno(error, "sync directory " + path);
  return {};
}

int LocalFiles::open_directory(const std::string& path) {
  const int handle = open_repeated(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return handle < 0 ? -errno : handle;
}

std::string LocalFiles::cache_note() const {
  if (!direct_) return "buffered";
  if (direct_refused_ == 0) return "O_DIRECT";
  return "O_DIRECT, but buffered for " + std::to_string(direct_refused_) +
         " files whose filesystem refuses it";
}

}  // namespace florin::storage
