// A sink into tables of a PostgreSQL database: accounts, account_updates, transfers, hold_expiries,
// refused_transfers and balances, with views over them. docs/postgres.md describes them.
//
// Where the sink stands is a row beside the data, written by the same transaction: a crash of this
// process, of the server or of the connection between them leaves each change there exactly once.
// Rows go there by COPY in binary format; what is encoded next is while the server still works on
// what was sent before.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/clock.h"
#include "exporter/sink.h"
#include "sinks/postgres_connection.h"
#include "sinks/postgres_partitions.h"
#include "sinks/postgres_rows.h"
#include "sinks/postgres_states.h"
#include "sinks/postgres_tables.h"
#include "sinks/sink_settings.h"

namespace florin::sinks {

struct PostgresSinkOptions {
  PostgresSettings settings;
  u128 ledger_id = 0;
  std::string name = "postgres";  // Of the sink.
  // Positions in a partition, of tables that are made: so many rows are looked through where a
  // partition has no indexes yet, and so many are sorted to build one.
  u64 partition_positions = u64{1} << 22;
  // Balances are written at a commit when so few accounts wait, or when so long was waited.
  usize balances_few = 10'000;
  u64 balances_wait_ns = 10 * kNsPerSecond;
  // A partition that is still written gets its indexes when fewer changes a second come than these.
  u64 slow_changes_per_second = 10'000;
  // How long open waits for another session to stop writing: one that was cut off may still do.
  u64 lock_wait_ms = 10'000;
};

// Belongs to the thread of its driver. The clock outlives it.
//
// Errors of open: InvalidArgument: the database is not in UTF-8, or has the changes of another
// ledger or sink; WrongVersion: newer tables; Timeout: another session writes into the schema;
// others as those of PostgresConnection. Rejected is a change whose row the server does not take,
// such as for a constraint that the owner of the database added: everything that the ledger can say
// fits the tables themselves.
class PostgresSink final : public exporter::Sink {
 public:
  PostgresSink(PostgresSinkOptions options, Clock& clock)
      : options_(std::move(options)),
        clock_(clock),
        indexer_(options_.settings.connection, "florin " + options_.name + " indexes",
                 options_.settings.schema) {}

  Result<exporter::SinkStand> open() override;
  Result<exporter::Delivery> deliver(const exporter::ChangePage& page, usize first) override;
  Status commit(const exporter::SinkStand& stand) override;
  // Writes balances that wait, and has indexes built.
  Status rest(Timestamp now) override;

  // Nothing waits to be indexed or is being indexed: for tests and measurements.
  bool indexes_are_built() const { return indexer_.is_idle(); }
  // Gives the indexes that were asked for time to get built; `rest` and `commit` do it too.
  Status build_indexes() { return indexer_.step(); }

 private:
  // Rows of one table that were not sent yet.
  struct TableRows {
    PostgresRowWriter rows;
    u64 partition = 0;
  };

  Status prepare_session();
  Result<exporter::SinkStand> read_stand();
  Status claim();
  Status begin_transaction();
  Status take(const exporter::ChangePage& page, const ledger::ChangeEvent& event);
  Result<std::optional<Error>> take_alone(const exporter::ChangePage& page,
                                          const ledger::ChangeEvent& event);
  Status copy_alone(const exporter::ChangePage& page, const ledger::ChangeEvent& event);
  Status send(PostgresTable table);
  Status settle();
  tl::unexpected<Error> note_refusal(Error error);
  bool is_taken_alone(const history::Place& place) const;
  Status end_open_copy();
  bool balances_due() const;
  Status write_states();
  Status write_stand(const exporter::SinkStand& stand, bool balances_too);
  void index_full_partitions();

  const PostgresSinkOptions options_;
  Clock& clock_;
  std::optional<PostgresConnection> connection_;
  PostgresPartitions partitions_;
  PostgresIndexer indexer_;
  PostgresStates states_;
  std::array<TableRows, kPostgresTables> rows_;
  std::optional<PostgresTable> open_copy_;
  bool in_transaction_ = false;
  exporter::SinkStand stand_;  // As committed.
  u64 balances_written_ns_ = 0;
  // What was taken since everything was settled last: `unsettled_rows_` changes from the place.
  history::Place unsettled_first_;
  history::Place taken_last_;
  u64 unsettled_rows_ = 0;
  // The server refused a row among these changes: they are copied one by one.
  history::Place alone_first_;
  history::Place alone_end_;
  // For telling how fast changes come.
  u64 changes_since_rest_ = 0;
  u64 last_rest_ns_ = 0;
};

}  // namespace florin::sinks
