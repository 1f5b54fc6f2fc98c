#include "history/rocks_tables.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include <fcntl.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/sst_file_writer.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/check.h"
#include "history/rocks_options.h"
#include "history/rocks_store.h"

namespace florin::history {

namespace {

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const rocksdb::Slice& text) { return {text.data(), text.size()}; }

// Look-ups are given to RocksDB so many at a time.
constexpr usize kKeysAtOnce = 128;
// Beside a server, a file may go between the list of files and their opening: look again.
constexpr int kReadOnlyTries = 5;

constexpr const char* kIncoming = "/incoming";

Status sync_directory(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return fail_errno(errno, "open the directory " + path);
  const int synced = ::fsync(file);
  const int error_number = errno;
  ::close(file);
  if (synced != 0) return fail_errno(error_number, "sync the directory " + path);
  return {};
}

// The directory itself and the one for files on their way in, which is emptied.
Status make_directory(const std::string& directory) {
  namespace fs = std::filesystem;
  const fs::path parent = fs::path(directory).parent_path();
  const std::string parent_name = parent.empty() ? "." : parent.string();
  std::error_code error;
  if (!fs::is_directory(parent_name, error)) {
    return fail(ErrorCode::NotFound,
                "cannot make the history " + directory + ": there is no directory " + parent_name);
  }
  if (fs::create_directory(directory, error)) RETURN_IF_ERROR(sync_directory(parent_name));
  if (error) return fail_errno(error.value(), "make the directory " + directory);
  fs::remove_all(directory + kIncoming, error);
  if (!error) fs::create_directory(directory + kIncoming, error);
  if (error) return fail_errno(error.value(), "make the directory " + directory + kIncoming);
  return {};
}

// Whether a file in the directory can have two names. Not all file systems know that, and they say
// so in ways that RocksDB takes for a failure.
bool has_links(const std::string& directory) {
  namespace fs = std::filesystem;
  const fs::path file = directory + kIncoming + "/probe";
  const fs::path link = directory + kIncoming + "/probe.link";
  std::error_code error;
  std::ofstream(file).put('x');
  fs::create_hard_link(file, link, error);
  const bool linked = !error;
  fs::remove(link, error);
  fs::remove(file, error);
  return linked;
}

bool has_store(const std::string& directory) {
  std::error_code error;
  return std::filesystem::exists(directory + "/CURRENT", error);
}

// The file that keeps the store from opening, of which RocksDB names only the list of all: nothing
// if each of them opens by itself.
std::string damaged_file(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".sst") continue;
    rocksdb::Options options(rocksdb::DBOptions(), table_options(Table::Changes, nullptr));
    const rocksdb::Status opened = rocksdb::SstFileReader(options).Open(entry.path().string());
    if (!opened.ok()) return "; damaged: " + entry.path().string();
  }
  return {};
}

// Another version of Florin has other tables: better said by name than met as rows that cannot be.
Status check_tables(const rocksdb::DBOptions& options, const std::string& directory) {
  std::vector<std::string> names;
  const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(options, directory, &names);
  if (!listed.ok()) return fail_rocks(listed, "cannot open the history " + directory);
  std::set<std::string> expected = {rocksdb::kDefaultColumnFamilyName};
  for (const Table table : kAllTables) expected.emplace(name(table));
  for (const std::string& found : names) {
    if (expected.contains(found)) continue;
    return fail(ErrorCode::WrongVersion, "the history " + directory + " has a table '" + found +
                                             "' that this version of Florin does not know");
  }
  return {};
}

}  // namespace

std::string_view name(Table table) {
  switch (table) {
    case Table::Changes: return "changes";
    case Table::Entries: return "entries";
    case Table::Ids: return "ids";
    case Table::Index: return "index";
  }
  return "unknown";
}

RowCursor::RowCursor(std::unique_ptr<rocksdb::Iterator> iterator)
    : iterator_(std::move(iterator)) {}
RowCursor::RowCursor(RowCursor&&) noexcept = default;
RowCursor& RowCursor::operator=(RowCursor&&) noexcept = default;
RowCursor::~RowCursor() = default;

void RowCursor::seek(std::string_view key) { iterator_->Seek(slice(key)); }
void RowCursor::seek_for_previous(std::string_view key) { iterator_->SeekForPrev(slice(key)); }
void RowCursor::seek_to_first() { iterator_->SeekToFirst(); }
void RowCursor::next() { iterator_->Next(); }
void RowCursor::previous() { iterator_->Prev(); }
bool RowCursor::valid() const { return iterator_->Valid(); }
std::string_view RowCursor::key() const { return view(iterator_->key()); }
std::string_view RowCursor::value() const { return view(iterator_->value()); }

Status RowCursor::status() const {
  const rocksdb::Status status = iterator_->status();
  if (status.ok()) return {};
  return fail_rocks(status, "cannot read the history");
}

RowFile::RowFile(std::unique_ptr<rocksdb::SstFileWriter> writer, std::string path)
    : writer_(std::move(writer)), path_(std::move(path)) {}
RowFile::~RowFile() = default;

Status RowFile::put(std::string_view key, std::string_view value) {
  ++rows_;
  const rocksdb::Status status = writer_->Put(slice(key), slice(value));
  if (status.ok()) return {};
  return fail_rocks(status, "cannot write " + path_);
}

Status RowFile::add_part(std::string_view key, std::string_view part) {
  ++rows_;
  const rocksdb::Status status = writer_->Merge(slice(key), slice(part));
  if (status.ok()) return {};
  return fail_rocks(status, "cannot write " + path_);
}

Status RowFile::finish() {
  const rocksdb::Status status = writer_->Finish();
  if (status.ok()) return {};
  return fail_rocks(status, "cannot write " + path_);
}

class RocksTables::Compactions final : public rocksdb::EventListener {
 public:
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    const std::lock_guard lock(mutex_);
    ++completed_;
    completed_one_.notify_all();
  }
  u64 completed() const {
    const std::lock_guard lock(mutex_);
    return completed_;
  }
  // False: the time was up.
  bool wait_for_next(u64 seen, std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex_);
    return completed_one_.wait_until(lock, until, [&] { return completed_ != seen; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable completed_one_;
  u64 completed_ = 0;
};

Result<std::unique_ptr<RocksTables>> RocksTables::open(const RocksOptions& options) {
  const std::string& directory = options.directory;
  const bool exists = has_store(directory);
  if (options.read_only && !exists) {
    return fail(ErrorCode::NotFound, "there is no history in " + directory);
  }
  std::unique_ptr<RocksTables> tables(new RocksTables(directory));
  tables->read_only_ = options.read_only;
  tables->compactions_ = std::make_shared<Compactions>();
  rocksdb::DBOptions database = database_options(options);
  tables->environment_ = database.env;
  database.listeners.push_back(tables->compactions_);
  if (!options.read_only) {
    RETURN_IF_ERROR(make_directory(directory));
    tables->links_ = has_links(directory);
  }
  if (exists) RETURN_IF_ERROR(check_tables(database, directory));

  const auto cache = rocksdb::NewLRUCache(options.cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, table_options(Table::Changes, cache));
  for (const Table table : kAllTables) {
    families.emplace_back(std::string(name(table)), table_options(table, cache));
  }
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status;
  for (int tries = options.read_only ? kReadOnlyTries : 1; tries > 0; --tries) {
    status = options.read_only
                 ? rocksdb::DB::OpenForReadOnly(database, directory, families, &tables->handles_,
                                                &opened)
                 : rocksdb::DB::Open(database, directory, families, &tables->handles_, &opened);
    if (status.ok()) break;
  }
  if (!status.ok()) {
    auto failed = fail_rocks(status, "cannot open the history " + directory);
    if (failed.value().code == ErrorCode::Corrupt) {
      failed.value().message += damaged_file(directory) +
                                ". Restore the history from a backup, or remove its directory and "
                                "have it built again from the log";
    }
    return failed;
  }
  tables->db_.reset(opened);
  return tables;
}

RocksTables::RocksTables(std::string directory) : directory_(std::move(directory)) {}

RocksTables::~RocksTables() {
  if (db_ == nullptr) return;
  if (paused_) db_->ContinueBackgroundWork().PermitUncheckedError();
  rocksdb::CancelAllBackgroundWork(db_.get(), true);
  for (rocksdb::ColumnFamilyHandle* const handle : handles_) {
    db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
}

Status RocksTables::get_many(Table table, std::span<const Key> keys, const Found& found) const {
  std::vector<rocksdb::Slice> slices;
  std::vector<rocksdb::PinnableSlice> values;
  std::vector<rocksdb::Status> statuses;
  const rocksdb::ReadOptions options;
  for (usize first = 0; first < keys.size(); first += kKeysAtOnce) {
    const usize count = std::min(kKeysAtOnce, keys.size() - first);
    slices.clear();
    for (const Key& key : keys.subspan(first, count)) slices.push_back(slice(key.view()));
    values = std::vector<rocksdb::PinnableSlice>(count);
    statuses.assign(count, {});
    db_->MultiGet(options, handle(table), count, slices.data(), values.data(), statuses.data(),
                  true);
    for (usize index = 0; index < count; ++index) {
      if (statuses[index].IsNotFound()) continue;
      if (!statuses[index].ok()) return fail_rocks(statuses[index], "cannot read the history");
      RETURN_IF_ERROR(found(first + index, view(values[index])));
    }
  }
  return {};
}

Result<std::optional<std::string>> RocksTables::get(Table table, const Key& key) const {
  std::string value;
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), handle(table), slice(key.view()), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return fail_rocks(status, "cannot read the history");
  return std::optional<std::string>(std::move(value));
}

RowCursor RocksTables::cursor(Table table, bool scan) const {
  rocksdb::ReadOptions options;
  options.fill_cache = !scan;
  options.total_order_seek = scan;
  options.prefix_same_as_start = table == Table::Entries && !scan;
  return RowCursor(std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, handle(table))));
}

Status RocksTables::verify_checksums() const {
  const rocksdb::Status status = db_->VerifyChecksum();
  if (status.ok()) return {};
  return fail_rocks(status, "the history " + directory_ + " is damaged");
}

u64 RocksTables::disk_bytes() const {
  u64 total = 0;
  for (const Table table : kAllTables) {
    u64 bytes = 0;
    if (db_->GetIntProperty(handle(table), "rocksdb.total-sst-files-size", &bytes)) total += bytes;
  }
  return total;
}

u64 RocksTables::files() const {
  std::vector<rocksdb::LiveFileMetaData> files;
  db_->GetLiveFilesMetaData(&files);
  return files.size();
}

u64 RocksTables::files_unmerged() const {
  u64 most = 0;
  for (const Table table : kAllTables) {
    std::string text;
    if (!db_->GetProperty(handle(table), "rocksdb.num-files-at-level0", &text)) continue;
    most = std::max<u64>(most, std::stoull(text));
  }
  return most;
}

Result<std::unique_ptr<RowFile>> RocksTables::new_file(Table table) {
  CHECK(!read_only_);
  const std::string path =
      directory_ + kIncoming + "/" + std::to_string(files_made_++) + "." + std::string(name(table));
  rocksdb::Options options(rocksdb::DBOptions(), table_options(table, nullptr));
  options.env = environment_;
  // Written to the disk as it grows: the log's flush would wait behind all of it at the end.
  rocksdb::EnvOptions file;
  file.bytes_per_sync = kMiB;
  auto writer = std::make_unique<rocksdb::SstFileWriter>(file, options);
  const rocksdb::Status status = writer->Open(path);
  if (!status.ok()) return fail_rocks(status, "cannot write " + path);
  return std::make_unique<RowFile>(std::move(writer), path);
}

Status RocksTables::ingest(std::span<const std::unique_ptr<RowFile>, kTables> files) {
  std::vector<rocksdb::IngestExternalFileArg> taken;
  for (const Table table : kAllTables) {
    const RowFile* const file = files[static_cast<usize>(table)].get();
    if (file == nullptr) continue;
    rocksdb::IngestExternalFileArg& arg = taken.emplace_back();
    arg.column_family = handle(table);
    arg.external_files = {file->path()};
    arg.options.move_files = links_;         // Otherwise they are copied.
    arg.options.write_global_seqno = false;  // A finished file is never written again.
  }
  // RocksDB 7.8 aborts when it is asked again after a failure of its list of files. A full disk
  // fails before, when the files are written.
  if (failed_) {
    return fail(ErrorCode::Io, "the history " + directory_ +
                                   " could not take a run before, and has to be opened again: "
                                   "restart the server when the disk is well");
  }
  const rocksdb::Status status = db_->IngestExternalFiles(taken);
  failed_ = !status.ok();
  if (!status.ok()) return fail_rocks(status, "cannot take a run into the history " + directory_);
  if (links_) return {};
  std::error_code ignored;  // The next start empties the directory.
  for (const auto& arg : taken) std::filesystem::remove(arg.external_files.front(), ignored);
  return {};
}

Status RocksTables::check_space(u64 bytes) {
  constexpr u64 kReserveLeast = 8 * kMiB;
  constexpr u64 kReserveMost = 512 * kMiB;
  struct statvfs disk {};
  // Where the file system does not say, it is tried.
  const bool says = ::statvfs(directory_.c_str(), &disk) == 0 && disk.f_blocks != 0;
  const u64 free = disk.f_bavail * disk.f_frsize;
  const u64 reserve = std::clamp(disk.f_blocks * disk.f_frsize / 20, kReserveLeast, kReserveMost);
  const bool full = says && free < reserve + bytes;
  if (full && !paused_) db_->PauseBackgroundWork();
  if (!full && paused_) db_->ContinueBackgroundWork();
  paused_ = full;
  if (!full) return {};
  return fail(ErrorCode::NoSpace, "the history " + directory_ + " needs " +
                                      std::to_string((reserve + bytes) / kMiB) +
                                      " MiB of free disk for its next run, and " +
                                      std::to_string(free / kMiB) + " MiB are free");
}

void RocksTables::wait_for_compaction(u64 files_max, u64 wait_ns_max) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(wait_ns_max);
  for (;;) {
    const u64 seen = compactions_->completed();
    if (files_unmerged() <= files_max || !compactions_->wait_for_next(seen, until)) return;
  }
}

}  // namespace florin::history
