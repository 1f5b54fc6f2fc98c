#include "history/rocks_options.h"

#include <cstdio>
#include <functional>
#include <string_view>

#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include "history/rocks_store.h"

namespace florin::history {

namespace {

// Parts of a row, one behind the other.
class AppendParts final : public rocksdb::AssociativeMergeOperator {
 public:
  bool Merge(const rocksdb::Slice&, const rocksdb::Slice* before, const rocksdb::Slice& part,
             std::string* merged, rocksdb::Logger*) const override {
    if (before != nullptr) merged->assign(before->data(), before->size());
    merged->append(part.data(), part.size());
    return true;
  }
  const char* Name() const override { return "florin.parts.1"; }
};

// RocksDB keeps no log file of its own: when the disk fails under that, Debian's build, which has
// assertions, ends the process. Its errors are told to the one who opened the store.
class ErrorsAlone final : public rocksdb::Logger {
 public:
  explicit ErrorsAlone(std::function<void(std::string_view)> told)
      : Logger(rocksdb::ERROR_LEVEL), told_(std::move(told)) {}

  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list values) override {
    if (!told_ || level < rocksdb::ERROR_LEVEL || level > rocksdb::FATAL_LEVEL) return;
    char text[kErrorBytesMax];
    if (std::vsnprintf(text, sizeof text, format, values) > 0) told_(text);
  }

 private:
  static constexpr usize kErrorBytesMax = 1024;  // The rest is cut off.

  std::function<void(std::string_view)> told_;
};

constexpr int kBloomBits = 10;
// A file that compaction makes: small enough that a damaged or rewritten one is no drama.
constexpr u64 kFileBytes = 256 * kMiB;
// Merged when so many files of similar size are there: 200 million transfers in runs of 262,144 are
// then written two to three times in all.
constexpr int kFilesMerged = 12;

rocksdb::BlockBasedTableOptions block_options(Table table,
                                              const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = cache;
  blocks.no_block_cache = cache == nullptr;
  blocks.cache_index_and_filter_blocks = true;
  blocks.cache_index_and_filter_blocks_with_high_priority = true;
  blocks.pin_top_level_index_and_filter = true;
  blocks.pin_l0_filter_and_index_blocks_in_cache = true;
  blocks.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  blocks.metadata_block_size = 16 * kKiB;
  blocks.format_version = 5;
  blocks.checksum = rocksdb::kXXH3;
  blocks.block_size = table == Table::Ids || table == Table::Index ? 4 * kKiB : 16 * kKiB;
  if (table != Table::Changes) {
    blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBits));
    // Ids are asked for by the thousand: filters in one piece answer in two thirds of the time.
    blocks.partition_filters = table != Table::Ids;
    blocks.whole_key_filtering = table != Table::Entries;
  }
  return blocks;
}

}  // namespace

rocksdb::DBOptions database_options(const RocksOptions& options) {
  rocksdb::DBOptions database;
  if (options.environment != nullptr) database.env = options.environment;
  database.create_if_missing = !options.read_only;
  database.create_missing_column_families = !options.read_only;
  // A reader keeps every file open: a server beside it may delete what it has merged.
  database.max_open_files = options.read_only ? -1 : static_cast<int>(options.open_files_max);
  database.max_background_jobs = static_cast<int>(options.compaction_threads) + 1;
  database.max_manifest_file_size = 64 * kMiB;
  // In a store that is only read, RocksDB (7.8) ends the process over it.
  database.avoid_unnecessary_blocking_io = !options.read_only;
  database.stats_dump_period_sec = 0;
  database.stats_persist_period_sec = 0;
  database.info_log = std::make_shared<ErrorsAlone>(options.told);
  database.bytes_per_sync = kMiB;  // The disk is not flooded when a large file is synced.
  // The engine shares the processors.
  database.env->LowerThreadPoolIOPriority(rocksdb::Env::LOW);
  database.env->LowerThreadPoolCPUPriority(rocksdb::Env::LOW, rocksdb::CpuPriority::kLow);
  return database;
}

rocksdb::ColumnFamilyOptions table_options(Table table,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(block_options(table, cache)));
  family.merge_operator = std::make_shared<AppendParts>();
  family.compression = rocksdb::kLZ4Compression;
  family.write_buffer_size = 64 * kKiB;  // Nothing is ever written by memory.
  family.compaction_style = rocksdb::kCompactionStyleUniversal;
  family.level0_file_num_compaction_trigger = kFilesMerged;
  family.target_file_size_base = kFileBytes;
  family.compaction_options_universal.size_ratio = 20;
  family.compaction_options_universal.min_merge_width = kFilesMerged / 2;
  // Nothing is ever overwritten: no space to win by merging all.
  family.compaction_options_universal.max_size_amplification_percent = 1'000'000;
  if (table == Table::Entries) family.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(16));
  return family;
}

tl::unexpected<Error> fail_rocks(const rocksdb::Status& status, const std::string& action) {
  ErrorCode code = ErrorCode::Io;
  std::string said = status.ToString();
  // Of a missing file RocksDB names the last of two names that it tried.
  if (const usize old = said.find(".ldb"); old != std::string::npos) said.replace(old, 4, ".sst");
  if (status.IsCorruption()) code = ErrorCode::Corrupt;
  if (status.IsNoSpace()) code = ErrorCode::NoSpace;
  if (status.IsIOError() && said.find("lock") != std::string::npos &&
      said.find("LOCK") != std::string::npos) {
    code = ErrorCode::AlreadyInUse;
  }
  return fail(code, action + ": " + said);
}

}  // namespace florin::history
