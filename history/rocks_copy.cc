// A copy of a store that another process may be writing. Its files of rows never change, so they
// are shared or copied in any order; what makes them a store is the manifest, of which any
// beginning is a state that the store was in. A file that the manifest names may have gone before
// it was shared: then all is done again.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "history/rocks_store.h"

namespace florin::history {

namespace fs = std::filesystem;

namespace {

constexpr int kTries = 8;

Status sync_path(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) return fail_errno(errno, "open " + path);
  const int synced = ::fsync(file);
  const int error_number = errno;
  ::close(file);
  if (synced != 0) return fail_errno(error_number, "sync " + path);
  return {};
}

// One that is gone by now is not an error: nobody needs it, or else the copy is tried again.
Status copy_one(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, to, error);
  if (error == std::errc::no_such_file_or_directory) return {};
  if (error) return fail_errno(error.value(), "copy " + from.string() + " to " + to.string());
  return sync_path(to.string(), O_RDONLY);
}

Status share_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (fs::exists(to, error)) return {};
  fs::create_hard_link(from, to, error);
  if (!error || error == std::errc::no_such_file_or_directory) return {};
  return copy_one(from, to);
}

// Those with rows, or all others but what only its writer needs.
Status copy_files(const fs::path& from, const fs::path& to, bool rows) {
  std::error_code error;
  std::vector<fs::path> names;
  for (fs::directory_iterator entry(from, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->is_directory()) names.push_back(entry->path().filename());
  }
  if (error) return fail_errno(error.value(), "list the history " + from.string());
  for (const fs::path& name : names) {
    const bool has_rows = name.extension() == ".sst";
    if (has_rows && rows) RETURN_IF_ERROR(share_file(from / name, to / name));
    const std::string text = name.string();
    const bool needed =
        text.starts_with("MANIFEST-") || text.starts_with("OPTIONS-") || text == "IDENTITY";
    if (needed && !rows) RETURN_IF_ERROR(copy_one(from / name, to / name));
  }
  return {};
}

// The file that names the manifest, which may be another by the time its text is read.
Status copy_current(const fs::path& from, const fs::path& to) {
  std::ifstream source(from / "CURRENT");
  std::string manifest;
  if (!std::getline(source, manifest)) {
    return fail(ErrorCode::NotFound, "there is no history in " + from.string());
  }
  RETURN_IF_ERROR(copy_files(from, to, false));
  std::ofstream target(to / "CURRENT");
  target << manifest << '\n';
  target.close();
  if (!target) return fail(ErrorCode::Io, "cannot write " + (to / "CURRENT").string());
  return sync_path((to / "CURRENT").string(), O_RDONLY);
}

// Whether the copy is one: it opens, and every file that it needs is there.
bool opens(const std::string& path) {
  RocksOptions options;
  options.directory = path;
  options.cache_bytes = kMiB;
  options.read_only = true;
  return RocksStore::open(options).has_value();
}

Status try_copy(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::remove_all(to, error);
  if (!error) fs::create_directory(to, error);
  if (error) return fail_errno(error.value(), "make the directory " + to);
  RETURN_IF_ERROR(copy_files(from, to, true));
  RETURN_IF_ERROR(copy_current(from, to));
  // Those that the manifest names and that came while it was copied.
  RETURN_IF_ERROR(copy_files(from, to, true));
  return sync_path(to, O_RDONLY | O_DIRECTORY);
}

}  // namespace

Status copy_store(const std::string& from, const std::string& to) {
  std::error_code error;
  if (!fs::exists(from + "/CURRENT", error)) {
    return fail(ErrorCode::NotFound, "there is no history in " + from);
  }
  if (fs::exists(to, error)) {
    return fail(ErrorCode::AlreadyInUse, "cannot copy the history to " + to + ": it exists");
  }
  const std::string unfinished = to + ".unfinished";
  for (int tries = 0; tries < kTries; ++tries) {
    if (Status copied = try_copy(from, unfinished); !copied) {
      fs::remove_all(unfinished, error);
      return copied;
    }
    if (!opens(unfinished)) continue;
    fs::rename(unfinished, to, error);
    if (error) return fail_errno(error.value(), "rename " + unfinished + " to " + to);
    const fs::path parent = fs::path(to).parent_path();
    return sync_path(parent.empty() ? "." : parent.string(), O_RDONLY | O_DIRECTORY);
  }
  fs::remove_all(unfinished, error);
  return fail(ErrorCode::Io, "cannot copy the history " + from +
                                 ": what was copied does not open; it is damaged, or changes too "
                                 "fast (see florin history check)");
}

}  // namespace florin::history
