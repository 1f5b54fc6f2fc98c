// RocksDB as the history store uses it, and nothing of what the rows mean: four tables that are
// read by any thread, and files of sorted rows that are taken into them together.
//
// Rows are never written but by such files: there is no write-ahead log and nothing in RocksDB's
// memory that could be lost. Compaction merges files on threads of low priority.
#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "history/store_keys.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Env;
class Iterator;
class SstFileWriter;
}  // namespace rocksdb

namespace florin::history {

struct RocksOptions;

enum class Table : u8 { Changes, Entries, Ids, Index };
inline constexpr usize kTables = 4;
inline constexpr std::array<Table, kTables> kAllTables = {Table::Changes, Table::Entries,
                                                          Table::Ids, Table::Index};

std::string_view name(Table table);

// Goes through rows in the order of their keys. Belongs to one thread; sees the table as it was
// when the cursor was made.
class RowCursor {
 public:
  explicit RowCursor(std::unique_ptr<rocksdb::Iterator> iterator);
  RowCursor(RowCursor&&) noexcept;
  RowCursor& operator=(RowCursor&&) noexcept;
  ~RowCursor();

  void seek(std::string_view key);               // The first row at or behind it.
  void seek_for_previous(std::string_view key);  // The last row at or before it.
  void seek_to_first();
  void next();
  void previous();
  bool valid() const;
  std::string_view key() const;
  std::string_view value() const;
  // When it is not valid: whether that is the end or an error.
  Status status() const;

 private:
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

// A file of rows of one table, in the order of their keys. Belongs to one thread.
class RowFile {
 public:
  explicit RowFile(std::unique_ptr<rocksdb::SstFileWriter> writer, std::string path);
  ~RowFile();
  RowFile(const RowFile&) = delete;
  RowFile& operator=(const RowFile&) = delete;

  Status put(std::string_view key, std::string_view value);
  // A part of a row that may be there already: see history/row_codec.h.
  Status add_part(std::string_view key, std::string_view part);
  u64 rows() const { return rows_; }
  // Durable on return.
  Status finish();
  const std::string& path() const { return path_; }

 private:
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
  const std::string path_;
  u64 rows_ = 0;
};

class RocksTables {
 public:
  // Makes the directory's tables if there are none. Errors as those of RocksStore::open.
  static Result<std::unique_ptr<RocksTables>> open(const RocksOptions& options);
  ~RocksTables();
  RocksTables(const RocksTables&) = delete;
  RocksTables& operator=(const RocksTables&) = delete;

  // Any thread.
  // Tells `found` the index and the value of each key that is there; the keys ascend.
  using Found = std::function<Status(usize index, std::string_view value)>;
  Status get_many(Table table, std::span<const Key> keys, const Found& found) const;
  Result<std::optional<std::string>> get(Table table, const Key& key) const;
  // Of `entries`: within one account. `scan`: of everything, once; the cache is left as it is.
  RowCursor cursor(Table table, bool scan = false) const;
  Status verify_checksums() const;
  u64 disk_bytes() const;
  u64 files() const;
  u64 files_unmerged() const;

  // One thread.
  Result<std::unique_ptr<RowFile>> new_file(Table table);
  // Takes the finished files in, all of them or none, durably; they are gone from where they were.
  // By table; null: none for this one. After an error nothing is taken any more until the tables
  // are opened again.
  Status ingest(std::span<const std::unique_ptr<RowFile>, kTables> files);
  // Whether the disk has room for so many bytes more, and a reserve for what is merged meanwhile.
  // RocksDB, as Debian builds it, ends the process when it goes on after a full disk: it must not
  // meet one. NoSpace stops merging, too, until there is room again.
  Status check_space(u64 bytes);
  // Waits until no table has more than `files_max` unmerged files, but not longer than this.
  void wait_for_compaction(u64 files_max, u64 wait_ns_max);

 private:
  class Compactions;  // Tells of each that ends.

  explicit RocksTables(std::string directory);
  rocksdb::ColumnFamilyHandle* handle(Table table) const {
    return handles_[static_cast<usize>(table) + 1];
  }

  const std::string directory_;
  std::shared_ptr<Compactions> compactions_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // The unused default one first.
  rocksdb::Env* environment_ = nullptr;
  bool read_only_ = false;
  bool paused_ = false;  // Merging waits for room on the disk.
  bool links_ = true;    // The file system knows hard links.
  u64 files_made_ = 0;
  bool failed_ = false;  // The last ingest.
};

}  // namespace florin::history
