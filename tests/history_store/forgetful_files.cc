#include "tests/history_store/forgetful_files.h"

#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"

namespace florin::test {

namespace fs = std::filesystem;
using rocksdb::IOStatus;

namespace {

IOStatus stopped_here() { return IOStatus::NoSpace("the disk takes nothing"); }

u64 inode_of(const std::string& name) {
  struct stat status {};
  return ::stat(name.c_str(), &status) == 0 ? status.st_ino : 0;
}

std::string directory_of(const std::string& name) { return fs::path(name).parent_path().string(); }

}  // namespace

class ForgetfulFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  ForgetfulFile(std::unique_ptr<rocksdb::FSWritableFile> file, ForgetfulFiles& files, u64 inode,
                u64 bytes)
      : FSWritableFileOwnerWrapper(std::move(file)), files_(files), inode_(inode), bytes_(bytes) {}

  using FSWritableFileOwnerWrapper::Append;
  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  rocksdb::IODebugContext* debug) override {
    if (!files_.may_go_on()) return stopped_here();
    bytes_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                  const rocksdb::DataVerificationInfo&, rocksdb::IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return note_synced(FSWritableFileOwnerWrapper::Flush(options, debug));
  }
  IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    return note_synced(FSWritableFileOwnerWrapper::Flush(options, debug));
  }

 private:
  // What counts is that it was asked for: the test does not wait for the disk.
  IOStatus note_synced(IOStatus flushed) {
    if (!files_.may_go_on()) return stopped_here();
    if (flushed.ok()) files_.synced_file(inode_, bytes_);
    return flushed;
  }

  ForgetfulFiles& files_;
  const u64 inode_;
  u64 bytes_;
};

class ForgetfulDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  ForgetfulDirectory(std::unique_ptr<rocksdb::FSDirectory> directory, ForgetfulFiles& files,
                     std::string name)
      : FSDirectoryWrapper(std::move(directory)), files_(files), name_(std::move(name)) {}

  IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
    if (!files_.may_go_on()) return stopped_here();
    files_.synced_directory(name_);
    return IOStatus::OK();
  }
  IOStatus FsyncWithDirOptions(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  ForgetfulFiles& files_;
  const std::string name_;
};

ForgetfulFiles::ForgetfulFiles(u64 operations, std::string keepsakes, bool ignores_syncs)
    : FileSystemWrapper(rocksdb::FileSystem::Default()),
      operations_left_(operations),
      keepsakes_(std::move(keepsakes)),
      ignores_syncs_(ignores_syncs) {
  // The environment must not own this, which a test holds.
  environment_ =
      rocksdb::NewCompositeEnv(std::shared_ptr<rocksdb::FileSystem>(std::shared_ptr<void>(), this));
}

ForgetfulFiles::~ForgetfulFiles() = default;

bool ForgetfulFiles::stopped() const {
  const std::lock_guard lock(mutex_);
  return operations_left_ == 0;
}

void ForgetfulFiles::fill_up(u64 after, u64 operations) {
  const std::lock_guard lock(mutex_);
  until_full_ = after;
  full_for_ = operations;
}

u64 ForgetfulFiles::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

bool ForgetfulFiles::may_go_on() {
  const std::lock_guard lock(mutex_);
  if (operations_left_ == 0) return false;
  if (until_full_ > 0) {
    --until_full_;
  } else if (full_for_ > 0) {
    --full_for_;
    ++refused_;
    return false;
  }
  --operations_left_;
  return operations_left_ > 0;
}

void ForgetfulFiles::note(const std::string& name, std::function<void()> undo) {
  const std::lock_guard lock(mutex_);
  name_changes_.push_back({directory_of(name), std::move(undo)});
}

void ForgetfulFiles::synced_directory(const std::string& directory) {
  if (ignores_syncs_) return;
  const std::lock_guard lock(mutex_);
  const fs::path synced = fs::path(directory).lexically_normal();
  std::erase_if(name_changes_, [&](const NameChange& change) {
    return fs::path(change.directory).lexically_normal() == synced;
  });
}

void ForgetfulFiles::synced_file(u64 inode, u64 bytes) {
  if (ignores_syncs_) return;
  const std::lock_guard lock(mutex_);
  synced_bytes_[inode] = bytes;
}

// Another name for what the name stands for now, that lasts.
std::string ForgetfulFiles::keepsake_of(const std::string& name) {
  if (!fs::exists(name)) return {};
  const std::lock_guard lock(mutex_);
  std::string keepsake = keepsakes_ + "/" + std::to_string(keepsakes_made_++);
  fs::create_hard_link(name, keepsake);
  return keepsake;
}

IOStatus ForgetfulFiles::NewWritableFile(const std::string& name,
                                         const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSWritableFile>* file,
                                         rocksdb::IODebugContext* debug) {
  if (!may_go_on()) return stopped_here();
  const IOStatus made = FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (!made.ok()) return made;
  const u64 inode = inode_of(name);
  {
    const std::lock_guard lock(mutex_);
    synced_bytes_[inode] = 0;
  }
  note(name, [name] { fs::remove(name); });
  *file = std::make_unique<ForgetfulFile>(std::move(*file), *this, inode, 0);
  return made;
}

IOStatus ForgetfulFiles::ReopenWritableFile(const std::string& name,
                                            const rocksdb::FileOptions& options,
                                            std::unique_ptr<rocksdb::FSWritableFile>* file,
                                            rocksdb::IODebugContext* debug) {
  if (!may_go_on()) return stopped_here();
  const u64 bytes = fs::exists(name) ? fs::file_size(name) : 0;
  const IOStatus opened = FileSystemWrapper::ReopenWritableFile(name, options, file, debug);
  if (!opened.ok()) return opened;
  *file = std::make_unique<ForgetfulFile>(std::move(*file), *this, inode_of(name), bytes);
  return opened;
}

IOStatus ForgetfulFiles::NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                      std::unique_ptr<rocksdb::FSDirectory>* directory,
                                      rocksdb::IODebugContext* debug) {
  const IOStatus opened = FileSystemWrapper::NewDirectory(name, options, directory, debug);
  if (!opened.ok()) return opened;
  *directory = std::make_unique<ForgetfulDirectory>(std::move(*directory), *this, name);
  return opened;
}

IOStatus ForgetfulFiles::DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                                    rocksdb::IODebugContext* debug) {
  if (!may_go_on()) return stopped_here();
  const std::string keepsake = keepsake_of(name);
  const IOStatus deleted = FileSystemWrapper::DeleteFile(name, options, debug);
  if (deleted.ok()) note(name, [=] { fs::create_hard_link(keepsake, name); });
  return deleted;
}

IOStatus ForgetfulFiles::RenameFile(const std::string& from, const std::string& to,
                                    const rocksdb::IOOptions& options,
                                    rocksdb::IODebugContext* debug) {
  if (!may_go_on()) return stopped_here();
  const std::string keepsake = keepsake_of(to);
  const IOStatus renamed = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (!renamed.ok()) return renamed;
  note(to, [=] {
    fs::rename(to, from);
    if (!keepsake.empty()) fs::create_hard_link(keepsake, to);
  });
  return renamed;
}

IOStatus ForgetfulFiles::LinkFile(const std::string& from, const std::string& to,
                                  const rocksdb::IOOptions& options,
                                  rocksdb::IODebugContext* debug) {
  if (!may_go_on()) return stopped_here();
  const IOStatus linked = FileSystemWrapper::LinkFile(from, to, options, debug);
  if (linked.ok()) note(to, [to] { fs::remove(to); });
  return linked;
}

void ForgetfulFiles::forget(Random& random) {
  const std::lock_guard lock(mutex_);
  // Names changed in this order; some of the last changes never reached the disk.
  for (u64 lost = random.below(name_changes_.size() + 1); lost > 0; --lost) {
    name_changes_.back().undo();
    name_changes_.pop_back();
  }
  name_changes_.clear();
  // Of the bytes that were not synced, some of the first did.
  std::vector<std::string> directories;
  const auto cut = [&](const std::string& directory) {
    for (const auto& entry : fs::directory_iterator(directory)) {
      if (entry.is_directory()) directories.push_back(entry.path().string());
      if (!entry.is_regular_file()) continue;
      const auto synced = synced_bytes_.find(inode_of(entry.path().string()));
      if (synced == synced_bytes_.end()) continue;
      const u64 bytes = entry.file_size();
      if (bytes <= synced->second) continue;
      const u64 kept = synced->second + random.below(bytes - synced->second + 1);
      fs::resize_file(entry.path(), kept);
      synced->second = kept;
    }
  };
  directories.push_back(fs::path(keepsakes_).parent_path().string());
  while (!directories.empty()) {
    const std::string directory = directories.back();
    directories.pop_back();
    if (directory != keepsakes_) cut(directory);
  }
}

}  // namespace florin::test
