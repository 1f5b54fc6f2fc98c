// Directories by std::filesystem, with its errors as values.
#include "cli/work_directory.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/core.h>

namespace florin::cli {

namespace {

namespace fs = std::filesystem;

Result<std::string> make_temporary() {
  const char* parent = std::getenv("TMPDIR");
  std::string path = std::string(parent == nullptr || *parent == '\0' ? "/tmp" : parent);
  path += "/florin-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return fail_errno(errno, fmt::format("make the directory '{}'", path));
  }
  return path;
}

Status make_empty(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail_errno(error.value(), fmt::format("make the directory '{}'", path));
  const bool empty = fs::is_empty(path, error);
  if (error) return fail_errno(error.value(), fmt::format("read the directory '{}'", path));
  if (empty) return {};
  return fail(ErrorCode::AlreadyInUse,
              fmt::format("'{}' is not empty; give a new directory", path));
}

}  // namespace

Result<std::unique_ptr<WorkDirectory>> WorkDirectory::make(const std::string& path) {
  if (!path.empty()) {
    RETURN_IF_ERROR(make_empty(path));
    return std::unique_ptr<WorkDirectory>(new WorkDirectory(path, true));
  }
  auto made = make_temporary();
  if (!made) return tl::unexpected<Error>(std::move(made).error());
  return std::unique_ptr<WorkDirectory>(new WorkDirectory(std::move(*made), false));
}

WorkDirectory::~WorkDirectory() {
  if (kept_) return;
  std::error_code ignored;  // What remains is in a temporary directory.
  fs::remove_all(path_, ignored);
}

}  // namespace florin::cli
