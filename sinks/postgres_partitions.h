// The partitions of transfers, hold_expiries and refused_transfers: one for each range of
// positions, made in the transaction that first needs it, without indexes. What an account's
// questions need is built when a partition is full, by sorting, on a session of its own: an index
// that is there while rows come costs six times as much for each of them.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/types.h"
#include "sinks/postgres_connection.h"
#include "sinks/postgres_tables.h"

namespace florin::sinks {

// Belongs to one thread.
class PostgresPartitions {
 public:
  // Forgets what it knew and asks which there are.
  Status load(PostgresConnection& connection, const std::string& schema, u64 positions);

  u64 number_of(u64 position) const { return position / positions_; }
  // Such as "transfers_p000012"; of a table without partitions its own name.
  std::string table_name(PostgresTable table, u64 number) const;
  bool has(PostgresTable table, u64 number) const {
    return !is_partitioned(table) || known_.contains({table, number});
  }
  // Within the transaction that is open. Readers of the table go on meanwhile.
  Status make(PostgresConnection& connection, PostgresTable table, u64 number);

  // A partition without indexes, of those with numbers below `end`, that was not taken before.
  std::optional<std::string> take_without_indexes(u64 end);

 private:
  struct Key {
    PostgresTable table;
    u64 number;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  u64 positions_ = 1;
  std::set<Key> known_;
  std::set<Key> without_indexes_;
};

// Builds the indexes of partitions, one after the other, without waiting. Belongs to one thread.
class PostgresIndexer {
 public:
  PostgresIndexer(std::string connection, std::string application, std::string schema)
      : target_(std::move(connection)),
        application_(std::move(application)),
        schema_(std::move(schema)) {}

  void add(std::string partition) { waiting_.push_back(std::move(partition)); }
  // Begins the next one when the last has ended. An error: it was not built; what waits is
  // forgotten, and found again by PostgresPartitions::load.
  Status step();
  bool is_idle() const { return !building_ && waiting_.empty(); }
  // Ends the session: what is being built then may or may not be.
  void close();

 private:
  Status begin_next();

  const std::string target_;
  const std::string application_;
  const std::string schema_;
  std::optional<PostgresConnection> connection_;
  std::deque<std::string> waiting_;
  bool building_ = false;
};

}  // namespace florin::sinks
