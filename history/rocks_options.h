// How RocksDB is set up for the history store.
#pragma once

#include <memory>

#include <rocksdb/cache.h>
#include <rocksdb/options.h>

#include "base/result.h"
#include "history/rocks_tables.h"

namespace florin::history {

struct RocksOptions;

rocksdb::DBOptions database_options(const RocksOptions& options);
// `cache` may be null, for a file that is only written.
rocksdb::ColumnFamilyOptions table_options(Table table,
                                           const std::shared_ptr<rocksdb::Cache>& cache);

// "<action>: <what RocksDB says>", with the matching code. The status must not be ok.
tl::unexpected<Error> fail_rocks(const rocksdb::Status& status, const std::string& action);

}  // namespace florin::history
