#include "statement/folder_writer.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporter/durable_file.h"

namespace florin::statement {

namespace {

constexpr mode_t kStatementMode = 0640;
constexpr mode_t kFolderMode = 0750;

// A descriptor that is closed at the end of a scope.
class OpenFile {
 public:
  OpenFile(const std::string& path, int flags)
      : number_(::open(path.c_str(), flags, kStatementMode)) {}
  ~OpenFile() {
    if (number_ >= 0) ::close(number_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int number() const { return number_; }

 private:
  const int number_;
};

}  // namespace

FolderWriter::FolderWriter(const std::string& root, const std::string& name, Format format)
    : root_(root),
      part_(root + "/" + name + "." + std::string(format_name(format)) + ".part"),
      folder_(root + "/" + name),
      list_(list_name(format)) {}

Status FolderWriter::discard() {
  std::error_code error;
  std::filesystem::remove_all(part_, error);
  if (error) return fail_errno(error.value(), "remove " + part_);
  return {};
}

Status FolderWriter::begin() {
  RETURN_IF_ERROR(discard());
  if (::mkdir(part_.c_str(), kFolderMode) == 0) return {};
  return fail_errno(errno, "make the directory " + part_);
}

Status FolderWriter::add(const std::string& file, std::string_view content) {
  const std::string path = part_ + "/" + file;
  const OpenFile made(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
  if (made.number() < 0) return fail_errno(errno, "make " + path);
  while (!content.empty()) {
    const ssize_t written = ::write(made.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "write " + path);
    content.remove_prefix(static_cast<usize>(written));
  }
  files_.push_back(file);
  return {};
}

Status FolderWriter::finish(std::string_view list) {
  RETURN_IF_ERROR(add(list_, list));
  files_.pop_back();
  {
    const OpenFile part(part_, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (part.number() < 0) return fail_errno(errno, "open the directory " + part_);
    if (::syncfs(part.number()) != 0) return fail_errno(errno, "sync the file system of " + part_);
  }
  // All at once, unless files of another format, or of an attempt before, are there.
  if (::rename(part_.c_str(), folder_.c_str()) == 0) return exporter::sync_directory(root_);
  if (errno == ENOTEMPTY || errno == EEXIST) return move_files();
  return fail_errno(errno, "rename " + part_ + " to " + folder_);
}

// The list comes behind everything that it speaks of.
Status FolderWriter::move_files() const {
  const auto move = [&](const std::string& file) -> Status {
    const std::string from = part_ + "/" + file;
    if (::rename(from.c_str(), (folder_ + "/" + file).c_str()) == 0) return {};
    return fail_errno(errno, "rename " + from);
  };
  for (const std::string& file : files_) RETURN_IF_ERROR(move(file));
  RETURN_IF_ERROR(exporter::sync_directory(folder_));
  RETURN_IF_ERROR(move(list_));
  RETURN_IF_ERROR(exporter::sync_directory(folder_));
  if (::rmdir(part_.c_str()) != 0) return fail_errno(errno, "remove " + part_);
  return {};
}

}  // namespace florin::statement
