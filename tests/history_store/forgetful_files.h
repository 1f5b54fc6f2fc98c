// A file system that stops in the middle, and forgets what was not synced: bytes behind the last
// sync of their file, and names that came or went since the last sync of their directory. For
// tests of what RocksDB leaves on a disk when the power goes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include "base/random.h"
#include "base/types.h"

namespace florin::test {

class ForgetfulFiles final : public rocksdb::FileSystemWrapper {
 public:
  // From the operation number `operations` on, nothing changes any more and all fails. `keepsakes`
  // is an existing directory of its own on the same disk. `ignores_syncs`: nothing counts as
  // synced, so that a test sees whether it would notice.
  ForgetfulFiles(u64 operations, std::string keepsakes, bool ignores_syncs);
  ~ForgetfulFiles() override;

  const char* Name() const override { return "ForgetfulFiles"; }
  rocksdb::Env* environment() { return environment_.get(); }
  bool stopped() const;
  // The disk is full: after so many operations from now on, so many fail.
  void fill_up(u64 after, u64 operations);
  u64 refused() const;  // Of these, so far.

  // The power is gone: makes the disk what it may look like then. Nothing may be open.
  void forget(Random& random);

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;

 private:
  friend class ForgetfulFile;
  friend class ForgetfulDirectory;

  // A name that came, went or changed, and how that is undone.
  struct NameChange {
    std::string directory;
    std::function<void()> undo;
  };

  bool may_go_on();  // Counts an operation.
  void note(const std::string& name, std::function<void()> undo);
  void synced_directory(const std::string& directory);
  void synced_file(u64 inode, u64 bytes);
  std::string keepsake_of(const std::string& name);

  mutable std::mutex mutex_;
  u64 operations_left_;
  u64 until_full_ = 0;
  u64 full_for_ = 0;
  u64 refused_ = 0;
  const std::string keepsakes_;
  const bool ignores_syncs_;
  u64 keepsakes_made_ = 0;
  std::map<u64, u64> synced_bytes_;  // By inode, of the files that were written.
  std::vector<NameChange> name_changes_;
  std::unique_ptr<rocksdb::Env> environment_;
};

}  // namespace florin::test
