#include "sinks/file_target.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporter/durable_file.h"

namespace florin::sinks {

namespace {

constexpr mode_t kTargetFileMode = 0640;
constexpr u64 kTailBytes = 64 * kKiB;

// Where the last whole line of a file ends: behind it is what a crash left.
Result<u64> whole_lines_end(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_CREAT, kTargetFileMode);
  if (descriptor < 0) return fail_errno(errno, "open " + path);
  struct stat status {};
  Result<u64> end = u64{0};
  if (::fstat(descriptor, &status) != 0) end = fail_errno(errno, "look at " + path);
  u64 before = static_cast<u64>(status.st_size);
  std::string piece;
  while (end && before != 0) {
    const u64 begin = before > kTailBytes ? before - kTailBytes : 0;
    piece.resize(before - begin);
    const ssize_t got = ::pread(descriptor, piece.data(), piece.size(), static_cast<off_t>(begin));
    if (got < 0 && errno == EINTR) continue;
    if (got != static_cast<ssize_t>(piece.size())) {
      end = fail_errno(got < 0 ? errno : EIO, "read " + path);
      break;
    }
    const usize newline = piece.rfind('\n');
    before = begin;
    if (newline == std::string::npos) continue;
    end = begin + newline + 1;
    break;
  }
  ::close(descriptor);
  return end;
}

}  // namespace

Status FileTarget::send(std::span<const Message> messages) {
  const std::string& path = settings_.path;
  const bool is_new = !std::filesystem::exists(path);
  const auto end = whole_lines_end(path);
  if (!end) return tl::unexpected<Error>(end.error());
  auto file = exporter::GrowingFile::open(path, *end);
  if (!file) return tl::unexpected<Error>(std::move(file).error());
  std::string lines;
  for (const Message& message : messages) lines += message.body + '\n';
  Status done = file->append(lines);
  if (done) done = file->sync();
  if (done && is_new) {
    done = exporter::sync_directory(std::filesystem::path(path).parent_path().string());
  }
  if (done) return {};
  // A full disk may have taken some lines: they come again with the rest.
  std::error_code ignored;
  std::filesystem::resize_file(path, *end, ignored);
  return done;
}

}  // namespace florin::sinks
