// What waits where. Changes are encoded into rows_, one writer for each table; `send` puts the rows
// of one into its COPY, ending that of another table; `settle` sends all and ends the COPY, which
// is when the server tells of rows that it refuses. A refusal ends the transaction: it is begun
// again from the last commit, and the changes among which the refused one is are then copied one by
// one, each within a savepoint, so that the server names it.
#include "sinks/postgres_sink.h"

#include <fmt/format.h>

#include "base/int128.h"
#include "sinks/postgres_schema.h"

namespace florin::sinks {

using exporter::Delivery;
using exporter::SinkStand;
using history::Place;
using ledger::ChangeEvent;

namespace {

// So much is sent at once into a COPY that is open, and so much is worth beginning another one.
constexpr usize kPartBytes = 64 * kKiB;
constexpr usize kOtherTableBytes = kMiB;
// At least so often the server is asked what it refuses: so many changes may be copied one by one.
constexpr u64 kUnsettledRowsMax = 32'768;

// Any number that other programs hardly use: with the hash of the schema's name it is the lock.
constexpr int kWriterLock = 1'718'382'442;

// Sessions that are cut off end within a minute, and what the role or database has set for people
// does not apply.
constexpr std::string_view kSessionSql =
    "SET statement_timeout TO 0; SET idle_in_transaction_session_timeout TO 0; "
    "SET idle_session_timeout TO 0; SET tcp_keepalives_idle TO 30; "
    "SET tcp_keepalives_interval TO 10; SET tcp_keepalives_count TO 3; SET row_security TO off; "
    "SET DateStyle TO ISO; SET jit TO off";

// Longer than the indexes of a partition take, which is written meanwhile.
constexpr std::string_view kLockTimeoutSql = "SET lock_timeout TO '5min'";

constexpr std::string_view kStandSql =
    "SELECT sink, ledger_id, next_position, next_index, last_position, last_index, last_logged_ns, "
    "balances_position, balances_index, partition_positions FROM sink_position";

u64 number_in(const std::string& digits) { return low_half(parse_u128(digits).value_or(0)); }

Place place_in(const std::string& position, const std::string& index) {
  return {number_in(position), static_cast<u32>(number_in(index))};
}

std::string words_for(const exporter::ChangePage& page, const ChangeEvent& event) {
  switch (ledger::ChangeKind{event.kind}) {
    case ledger::ChangeKind::AccountCreated:
      return "account " + to_decimal(page.accounts[event.object].id);
    case ledger::ChangeKind::AccountUpdated:
      return "update " + to_decimal(page.account_changes[event.object].update.id);
    case ledger::ChangeKind::TransferCreated:
      return "transfer " + to_decimal(page.transfers[event.object].id);
    case ledger::ChangeKind::HoldExpired:
      return "expiry of hold " + to_decimal(page.transfers[event.object].id);
    case ledger::ChangeKind::TransferRefused:
      return "refusal of transfer " + to_decimal(page.transfers[event.object].id);
  }
  return {};
}

}  // namespace

Result<SinkStand> PostgresSink::open() {
  connection_.reset();
  indexer_.close();
  for (TableRows& table : rows_) table.rows.clear();
  open_copy_.reset();
  in_transaction_ = false;
  unsettled_rows_ = 0;
  auto opened = PostgresConnection::open(options_.settings.connection, "florin " + options_.name);
  if (!opened) return tl::unexpected<Error>(std::move(opened).error());
  connection_.emplace(std::move(*opened));
  RETURN_IF_ERROR(prepare_session());
  auto stand = read_stand();
  if (!stand) return stand;
  RETURN_IF_ERROR(states_.load(*connection_));
  balances_written_ns_ = clock_.monotonic_ns();
  changes_since_rest_ = 0;
  last_rest_ns_ = 0;
  stand_ = *stand;
  index_full_partitions();
  return stand;
}

// The lock is the session's: it ends with it.
Status PostgresSink::prepare_session() {
  const std::string& schema = options_.settings.schema;
  RETURN_IF_ERROR(connection_->run(std::string(kSessionSql), "prepare the session"));
  RETURN_IF_ERROR(migrate_postgres(*connection_, schema, postgres_migrations().size()));
  RETURN_IF_ERROR(connection_->run(fmt::format("SET lock_timeout TO '{}ms'", options_.lock_wait_ms),
                                   "limit the wait"));
  const auto locked = connection_->ask("SELECT pg_advisory_lock($1::int, hashtext($2))",
                                       {std::to_string(kWriterLock), schema}, "lock the tables");
  if (locked) return connection_->run(std::string(kLockTimeoutSql), "limit the wait");
  if (locked.error().code != ErrorCode::Timeout) return tl::unexpected<Error>(locked.error());
  return fail(ErrorCode::Timeout, "another session writes into the PostgreSQL schema " + schema +
                                      "; expected this sink to be alone: is another server "
                                      "configured with it?");
}

Result<SinkStand> PostgresSink::read_stand() {
  RETURN_IF_ERROR(claim());
  const auto rows = connection_->ask(std::string(kStandSql), {}, "read where the sink stands");
  if (!rows) return tl::unexpected<Error>(rows.error());
  const std::vector<std::string>& row = (*rows)[0];
  const std::string& schema = options_.settings.schema;
  if (row[1] != to_decimal(options_.ledger_id)) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("PostgreSQL schema {} has the changes of ledger {}, and this is ledger "
                            "{}; choose another schema",
                            schema, row[1], to_decimal(options_.ledger_id)));
  }
  if (row[0] != options_.name) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("PostgreSQL schema {} belongs to sink '{}', and this is '{}'; choose "
                            "another schema, or update sink_position.sink",
                            schema, row[0], options_.name));
  }
  RETURN_IF_ERROR(partitions_.load(*connection_, schema, number_in(row[9])));
  const SinkStand stand{place_in(row[2], row[3]), place_in(row[4], row[5]), number_in(row[6])};
  if (const Place balances = place_in(row[7], row[8]); balances < stand.next) {
    RETURN_IF_ERROR(begin_transaction());
    RETURN_IF_ERROR(catch_up_balances(*connection_, balances));
    RETURN_IF_ERROR(
        connection_->run("UPDATE sink_position SET balances_position = next_position, "
                         "balances_index = next_index; COMMIT",
                         "commit the balances"));
    in_transaction_ = false;
  }
  return stand;
}

Status PostgresSink::claim() {
  RETURN_IF_ERROR(connection_->ask(
      "INSERT INTO sink_position (sink, ledger_id, partition_positions) VALUES ($1, $2, $3) ON "
      "CONFLICT DO NOTHING",
      {options_.name, to_decimal(options_.ledger_id), std::to_string(options_.partition_positions)},
      "note whose tables these are"));
  return {};
}

Status PostgresSink::begin_transaction() {
  if (in_transaction_) return {};
  RETURN_IF_ERROR(connection_->run("BEGIN", "begin a transaction"));
  in_transaction_ = true;
  return {};
}

Result<Delivery> PostgresSink::deliver(const exporter::ChangePage& page, usize first) {
  RETURN_IF_ERROR(begin_transaction());
  Delivery delivery;
  for (usize at = first; at < page.events.size(); ++at, ++delivery.taken) {
    const ChangeEvent& event = page.events[at];
    const Place place = exporter::place_of(event);
    if (is_taken_alone(place)) {
      auto refused = take_alone(page, event);
      if (!refused) return tl::unexpected<Error>(std::move(refused).error());
      if (*refused) {
        delivery.rejected = std::move(**refused);
        return delivery;
      }
    } else if (Status taken = take(page, event); !taken) {
      return note_refusal(std::move(taken).error());
    }
    states_.note(page, at);
    ++changes_since_rest_;
  }
  return delivery;
}

// Dead letters are: the server may refuse them again.
bool PostgresSink::is_taken_alone(const Place& place) const {
  return place < stand_.next || (place >= alone_first_ && place < alone_end_);
}

Status PostgresSink::take(const exporter::ChangePage& page, const ChangeEvent& event) {
  const PostgresTable table = table_of(ledger::ChangeKind{event.kind});
  TableRows& target = rows_[static_cast<usize>(table)];
  const u64 partition = partitions_.number_of(event.position);
  if (is_partitioned(table) && target.partition != partition) {
    RETURN_IF_ERROR(settle());
    target.partition = partition;
  }
  if (!partitions_.has(table, partition)) {
    // Statements wait until no COPY is open.
    RETURN_IF_ERROR(settle());
    RETURN_IF_ERROR(partitions_.make(*connection_, table, partition));
  }
  const Place place = exporter::place_of(event);
  if (unsettled_rows_++ == 0) unsettled_first_ = place;
  unsettled_first_ = std::min(unsettled_first_, place);
  taken_last_ = unsettled_rows_ == 1 ? place : std::max(taken_last_, place);
  append_row(page, event, target.rows);
  if (unsettled_rows_ >= kUnsettledRowsMax) return settle();
  const usize enough = open_copy_ == table ? kPartBytes : kOtherTableBytes;
  return target.rows.bytes().size() >= enough ? send(table) : Status{};
}

Status PostgresSink::send(PostgresTable table) {
  TableRows& source = rows_[static_cast<usize>(table)];
  if (source.rows.rows() == 0) return {};
  if (open_copy_ != table) {
    RETURN_IF_ERROR(end_open_copy());
    const std::string target = partitions_.table_name(table, source.partition);
    RETURN_IF_ERROR(connection_->begin_copy(target + " " + std::string(columns(table))));
    open_copy_ = table;
  }
  RETURN_IF_ERROR(connection_->send(source.rows.bytes()));
  source.rows.clear();
  return {};
}

Status PostgresSink::end_open_copy() {
  if (!open_copy_) return {};
  open_copy_.reset();
  return connection_->end_copy();
}

Status PostgresSink::settle() {
  if (open_copy_) RETURN_IF_ERROR(send(*open_copy_));
  for (usize table = 0; table < kPostgresTables; ++table) {
    RETURN_IF_ERROR(send(static_cast<PostgresTable>(table)));
  }
  RETURN_IF_ERROR(end_open_copy());
  unsettled_rows_ = 0;
  return {};
}

// A row that the server does not take is looked for among the changes that were not settled, and
// among those before, as long as nothing is committed.
tl::unexpected<Error> PostgresSink::note_refusal(Error error) {
  if (error.code == ErrorCode::InvalidArgument && unsettled_rows_ != 0) {
    const bool more = alone_end_ > stand_.next;
    const Place end{taken_last_.position, taken_last_.index + 1};
    alone_first_ = more ? std::min(alone_first_, unsettled_first_) : unsettled_first_;
    alone_end_ = more ? std::max(alone_end_, end) : end;
  }
  return tl::unexpected<Error>(std::move(error));
}

// Nothing, or why the server does not take this change.
Result<std::optional<Error>> PostgresSink::take_alone(const exporter::ChangePage& page,
                                                      const ChangeEvent& event) {
  if (Status settled = settle(); !settled) return note_refusal(std::move(settled).error());
  const PostgresTable table = table_of(ledger::ChangeKind{event.kind});
  rows_[static_cast<usize>(table)].partition = partitions_.number_of(event.position);
  RETURN_IF_ERROR(partitions_.make(*connection_, table, partitions_.number_of(event.position)));
  RETURN_IF_ERROR(connection_->run("SAVEPOINT one_change", "set a savepoint"));
  const Status copied = copy_alone(page, event);
  if (copied) {
    RETURN_IF_ERROR(connection_->run("RELEASE SAVEPOINT one_change", "release a savepoint"));
    return std::optional<Error>{};
  }
  if (copied.error().code != ErrorCode::InvalidArgument) {
    return tl::unexpected<Error>(copied.error());
  }
  RETURN_IF_ERROR(connection_->run("ROLLBACK TO SAVEPOINT one_change; RELEASE SAVEPOINT one_change",
                                   "roll a change back"));
  return std::optional<Error>(
      Error{copied.error().code, words_for(page, event) + ": " + copied.error().message});
}

Status PostgresSink::copy_alone(const exporter::ChangePage& page, const ChangeEvent& event) {
  append_row(page, event, rows_[static_cast<usize>(table_of(ledger::ChangeKind{event.kind}))].rows);
  const Status settled = settle();
  for (TableRows& table : rows_) table.rows.clear();
  return settled;
}

bool PostgresSink::balances_due() const {
  return states_.balances_waiting() <= options_.balances_few ||
         clock_.monotonic_ns() >= balances_written_ns_ + options_.balances_wait_ns;
}

Status PostgresSink::commit(const SinkStand& stand) {
  RETURN_IF_ERROR(begin_transaction());
  if (Status settled = settle(); !settled) return note_refusal(std::move(settled).error());
  RETURN_IF_ERROR(states_.write_accounts(*connection_));
  const bool balances_too = balances_due();
  if (balances_too) RETURN_IF_ERROR(states_.write_balances(*connection_));
  RETURN_IF_ERROR(write_stand(stand, balances_too));
  index_full_partitions();
  return indexer_.step();
}

// Nobody else has moved the stand: the lock says so, and this proves it.
Status PostgresSink::write_stand(const SinkStand& stand, bool balances_too) {
  const auto text = [](u64 number) { return std::to_string(number); };
  const auto moved = connection_->ask(
      fmt::format(
          "UPDATE sink_position SET next_position = $1, next_index = $2, last_position = "
          "$3, last_index = $4, last_logged_ns = $5, committed_at = now(){} WHERE "
          "next_position = $6 AND next_index = $7 RETURNING 1",
          balances_too ? ", balances_position = $1::bigint, balances_index = $2::integer" : ""),
      {text(stand.next.position), text(stand.next.index), text(stand.last.position),
       text(stand.last.index), text(stand.last_logged_at), text(stand_.next.position),
       text(stand_.next.index)},
      "note where the sink stands");
  if (!moved) return tl::unexpected<Error>(moved.error());
  if (moved->empty()) {
    return fail(ErrorCode::AlreadyInUse,
                "PostgreSQL schema " + options_.settings.schema +
                    ": sink_position was changed by another; expected position " +
                    text(stand_.next.position) + ", index " + text(stand_.next.index));
  }
  RETURN_IF_ERROR(connection_->run("COMMIT", "commit"));
  in_transaction_ = false;
  stand_ = stand;
  if (balances_too) balances_written_ns_ = clock_.monotonic_ns();
  return {};
}

void PostgresSink::index_full_partitions() {
  const u64 end = partitions_.number_of(stand_.next.position);
  while (auto partition = partitions_.take_without_indexes(end)) indexer_.add(*partition);
}

Status PostgresSink::rest(Timestamp) {
  if (states_.balances_waiting() != 0) {
    RETURN_IF_ERROR(begin_transaction());
    RETURN_IF_ERROR(states_.write_balances(*connection_));
    RETURN_IF_ERROR(write_stand(stand_, true));
  }
  const u64 now = clock_.monotonic_ns();
  const u64 seconds = (now - last_rest_ns_) / kNsPerSecond;
  if (last_rest_ns_ != 0 && seconds == 0) return indexer_.step();
  const bool slow =
      last_rest_ns_ != 0 && changes_since_rest_ / seconds < options_.slow_changes_per_second;
  changes_since_rest_ = 0;
  last_rest_ns_ = now;
  if (slow) {
    const u64 end = partitions_.number_of(stand_.next.position) + 1;
    while (auto partition = partitions_.take_without_indexes(end)) indexer_.add(*partition);
  }
  return indexer_.step();
}

}  // namespace florin::sinks
