#include "exporter/durable_file.h"

#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace florin::exporter {

namespace {

constexpr mode_t kFileMode = 0640;

// A descriptor that is closed at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

Status write_all(int descriptor, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "write " + path);
    text.remove_prefix(static_cast<usize>(written));
  }
  return {};
}

}  // namespace

Result<GrowingFile> GrowingFile::open(const std::string& path, u64 bytes) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (descriptor < 0) return fail_errno(errno, "open " + path);
  GrowingFile file(path, descriptor, bytes);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return fail_errno(errno, "look at " + path);
  const auto size = static_cast<u64>(status.st_size);
  if (size < bytes) {
    return fail(ErrorCode::Corrupt, path + " has " + std::to_string(size) +
                                        " bytes; expected at least " + std::to_string(bytes) +
                                        ", which were durable: restore the file, or remove the "
                                        "directory to export everything again");
  }
  if (::ftruncate(descriptor, static_cast<off_t>(bytes)) != 0) {
    return fail_errno(errno, "cut " + path);
  }
  if (::lseek(descriptor, static_cast<off_t>(bytes), SEEK_SET) < 0) {
    return fail_errno(errno, "seek in " + path);
  }
  return file;
}

GrowingFile::GrowingFile(GrowingFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_bytes_(other.size_bytes_) {}

GrowingFile& GrowingFile::operator=(GrowingFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_bytes_, other.size_bytes_);
  return *this;
}

GrowingFile::~GrowingFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status GrowingFile::append(std::string_view text) {
  RETURN_IF_ERROR(write_all(descriptor_, text, path_));
  size_bytes_ += text.size();
  return {};
}

Status GrowingFile::sync() {
  if (::fdatasync(descriptor_) != 0) return fail_errno(errno, "sync " + path_);
  return {};
}

Result<std::optional<std::string>> read_whole_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0 && errno == ENOENT) return std::optional<std::string>();
  if (file.number() < 0) return fail_errno(errno, "open " + path);
  std::string content;
  char piece[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(file.number(), piece, sizeof(piece));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read " + path);
    if (got == 0) return std::optional<std::string>(std::move(content));
    content.append(piece, static_cast<usize>(got));
  }
}

Status write_whole_file(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".new";
  {
    const Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
    if (file.number() < 0) return fail_errno(errno, "make " + temporary);
    RETURN_IF_ERROR(write_all(file.number(), content, temporary));
    if (::fsync(file.number()) != 0) return fail_errno(errno, "sync " + temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return fail_errno(errno, "rename " + temporary);
  return sync_directory(std::filesystem::path(path).parent_path().string());
}

Status sync_directory(const std::string& path) {
  const std::string directory = path.empty() ? "." : path;
  const Descriptor file(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.number() < 0) return fail_errno(errno, "open the directory " + directory);
  if (::fsync(file.number()) != 0) return fail_errno(errno, "sync the directory " + directory);
  return {};
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "remove " + path);
  return {};
}

Status make_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail_errno(error.value(), "make the directory " + path);
  return sync_directory(std::filesystem::path(path).parent_path().string());
}

}  // namespace florin::exporter
