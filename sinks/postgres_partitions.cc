#include "sinks/postgres_partitions.h"

#include <charconv>

#include <fmt/format.h>

namespace florin::sinks {

namespace {

// The last index that is made: where it stands, all do.
constexpr std::string_view kLastIndexSuffix = "_time";

constexpr std::string_view kPartitionsSql =
    "SELECT p.relname, c.relname, EXISTS (SELECT 1 FROM pg_class i WHERE i.relnamespace = "
    "c.relnamespace AND i.relname = c.relname || $2) FROM pg_inherits h JOIN pg_class c ON c.oid = "
    "h.inhrelid JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace n ON n.oid = "
    "p.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'";

// Any number that other programs hardly use.
constexpr int kIndexLock = 1'718'382'443;

// One statement after the other, in one transaction. A session that was left may be building the
// same ones: the lock waits for it, and then they are there.
std::string index_statements(const std::string& partition) {
  return fmt::format(
      "SELECT pg_advisory_xact_lock({2}, hashtext('{0}'));"
      "CREATE INDEX IF NOT EXISTS {0}_debit ON {0} (debit_account_id, position);"
      "CREATE INDEX IF NOT EXISTS {0}_credit ON {0} (credit_account_id, position);"
      "CREATE INDEX IF NOT EXISTS {0}_id ON {0} (id);"
      "CREATE INDEX IF NOT EXISTS {0}{1} ON {0} USING brin (logged_at, day, position);"
      "ANALYZE {0};",
      partition, kLastIndexSuffix, kIndexLock);
}

// The partitioned table with this name.
std::optional<PostgresTable> partitioned_table(std::string_view wanted) {
  for (usize number = 0; number < kPostgresTables; ++number) {
    const auto table = static_cast<PostgresTable>(number);
    if (is_partitioned(table) && name(table) == wanted) return table;
  }
  return std::nullopt;
}

// What stands behind "_p" in the name of a partition.
std::optional<u64> partition_number(std::string_view partition) {
  const usize mark = partition.rfind("_p");
  if (mark == std::string_view::npos) return std::nullopt;
  u64 number = 0;
  const char* const end = partition.data() + partition.size();
  const auto parsed = std::from_chars(partition.data() + mark + 2, end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

Status PostgresPartitions::load(PostgresConnection& connection, const std::string& schema,
                                u64 positions) {
  positions_ = positions;
  known_.clear();
  without_indexes_.clear();
  const auto found = connection.ask(std::string(kPartitionsSql),
                                    {schema, std::string(kLastIndexSuffix)}, "list partitions");
  if (!found) return tl::unexpected<Error>(found.error());
  for (const std::vector<std::string>& row : *found) {
    const auto table = partitioned_table(row[0]);
    const auto number = partition_number(row[1]);
    if (!table || !number) continue;  // Made by the owner of the database.
    known_.insert({*table, *number});
    if (row[2] != "t") without_indexes_.insert({*table, *number});
  }
  return {};
}

std::string PostgresPartitions::table_name(PostgresTable table, u64 number) const {
  if (!is_partitioned(table)) return std::string(name(table));
  return fmt::format("{}_p{:06}", name(table), number);
}

// Attaching locks the table against nothing that readers or writers of it do.
Status PostgresPartitions::make(PostgresConnection& connection, PostgresTable table, u64 number) {
  if (has(table, number)) return {};
  const std::string partition = table_name(table, number);
  RETURN_IF_ERROR(connection.run(
      fmt::format("CREATE TABLE {0} (LIKE {1} INCLUDING ALL EXCLUDING COMMENTS);"
                  "ALTER TABLE {1} ATTACH PARTITION {0} FOR VALUES FROM ({2}) TO ({3})",
                  partition, name(table), number * positions_, (number + 1) * positions_),
      "make the partition " + partition));
  known_.insert({table, number});
  without_indexes_.insert({table, number});
  return {};
}

std::optional<std::string> PostgresPartitions::take_without_indexes(u64 end) {
  for (const Key& key : without_indexes_) {
    if (key.number >= end) continue;
    std::string partition = table_name(key.table, key.number);
    without_indexes_.erase(key);
    return partition;
  }
  return std::nullopt;
}

Status PostgresIndexer::step() {
  if (building_) {
    const auto done = connection_->is_done();
    if (!done) {
      close();
      return tl::unexpected<Error>(done.error());
    }
    building_ = !*done;
  }
  if (building_ || waiting_.empty()) return {};
  const Status begun = begin_next();
  if (!begun) close();
  return begun;
}

Status PostgresIndexer::begin_next() {
  if (!connection_) {
    auto opened = PostgresConnection::open(target_, application_);
    if (!opened) return tl::unexpected<Error>(std::move(opened).error());
    connection_.emplace(std::move(*opened));
    RETURN_IF_ERROR(connection_->run("SET search_path TO " + quoted_name(schema_) +
                                         ", pg_temp; SET maintenance_work_mem TO '256MB'; "
                                         "SET statement_timeout TO 0",
                                     "prepare the session that builds indexes"));
  }
  RETURN_IF_ERROR(connection_->begin(index_statements(waiting_.front())));
  waiting_.pop_front();
  building_ = true;
  return {};
}

void PostgresIndexer::close() {
  connection_.reset();
  waiting_.clear();
  building_ = false;
}

}  // namespace florin::sinks
