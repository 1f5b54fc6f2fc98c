#include "history/rocks_store.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/check.h"
#include "base/int128.h"
#include "base/random.h"
#include "engine/account_state.h"
#include "engine/tables.h"
#include "history/account_listing.h"
#include "history/account_walk.h"
#include "history/movement.h"
#include "history/rocks_queries.h"
#include "history/rocks_tables.h"
#include "history/run_file.h"
#include "ledger/outcome.h"

namespace florin::history {

namespace {

// The longest that a run waits for files to be merged before it is added to them all the same.
constexpr u64 kCompactionWaitNsMax = 2'000'000'000;

}  // namespace

RocksStore::RocksStore(const RocksOptions& options) : options_(options) {}
RocksStore::~RocksStore() = default;

Result<std::unique_ptr<RocksStore>> RocksStore::open(const RocksOptions& options) {
  CHECK(options.pack_changes >= 1 && options.pack_changes <= kPackChangesMax);
  std::unique_ptr<RocksStore> store(new RocksStore(options));
  auto tables = RocksTables::open(options);
  if (!tables) return fail(tables.error().code, tables.error().message);
  store->tables_ = std::move(*tables);
  if (!options.read_only) {
    store->run_file_ = std::make_unique<RunFile>(*store->tables_, options.pack_changes);
  }
  RETURN_IF_ERROR(store->load());
  return store;
}

// Where the store stands; a new one gets its first row, which says whose it is.
Status RocksStore::load() {
  const auto row = tables_->get(Table::Index, mark_key());
  RETURN_IF_ERROR(row);
  if (!row->has_value()) {
    if (options_.read_only) {
      return fail(ErrorCode::NotFound, "the history " + options_.directory + " was never begun");
    }
    mark_.ledger_id = options_.ledger_id;
    mark_.refusals_after = options_.refusals_after;
    RETURN_IF_ERROR(run_file_->write_mark(mark_));
  } else if (!decode(**row, mark_)) {
    return fail(ErrorCode::Corrupt, "the mark of the history " + options_.directory +
                                        " is damaged; restore it from a backup, or remove the "
                                        "directory and have it built again");
  } else if (!is_known_format(mark_.format_version)) {
    return fail(ErrorCode::WrongVersion, "the history " + options_.directory +
                                             " has format version " +
                                             std::to_string(mark_.format_version) + "; expected " +
                                             std::to_string(kStoreFormatVersionLeast) + " to " +
                                             std::to_string(kStoreFormatVersion));
  }
  mark_.format_version = kStoreFormatVersion;  // From the next run on.
  if (options_.ledger_id != 0 && mark_.ledger_id != options_.ledger_id) {
    return fail(ErrorCode::InvalidArgument,
                "the history " + options_.directory + " belongs to the ledger " +
                    to_decimal(mark_.ledger_id) + "; expected " + to_decimal(options_.ledger_id));
  }
  ids_ = mark_.ids;
  id_ranges_.publish(ids_);
  has_reversals_.store(mark_.reversals != 0, std::memory_order_relaxed);
  Random random(options_.hash_seed);
  runs_.start(mark_.mark, {random.next() | 1, random.next() | 1});
  readable_.store(mark_.mark.log.position.value, std::memory_order_release);
  return {};
}

Status RocksStore::append(ChangeBatch&& batch) {
  CHECK(!options_.read_only);
  const Position end = batch.end.log.position;
  bool reverses = false;
  for (const TransferChange& change : batch.transfers) {
    if (change.kind == ledger::ChangeKind::TransferCreated) ids_.add(change.transfer.id);
    reverses = reverses || is_reversal(change);
  }
  for (const ConsumedId& consumed : batch.consumed) ids_.add(consumed.id);
  // Before anybody can read the batch: an answer of "not there" must not come from the time before.
  if (reverses) has_reversals_.store(true, std::memory_order_relaxed);
  id_ranges_.publish(ids_);
  runs_.open().append(batch);
  readable_.store(end.value, std::memory_order_release);
  return {};
}

bool RocksStore::has_room() const { return runs_.closed() < options_.runs_waiting_max; }

u64 RocksStore::open_changes() const { return runs_.open().changes(); }

void RocksStore::seal() {
  const OpenRun& open = runs_.open();
  if (open.end() == open.before()) return;
  runs_.close();
}

Result<u64> RocksStore::write_run() {
  const std::shared_ptr<const OpenRun> run = runs_.oldest_closed();
  if (run == nullptr) return u64{0};
  constexpr u64 kChangeBytesMost = 512;
  RETURN_IF_ERROR(tables_->check_space(run->changes() * kChangeBytesMost));
  tables_->wait_for_compaction(options_.unmerged_files_max, kCompactionWaitNsMax);
  MarkRow next = mark_;
  if (Status written = run_file_->write(*run, next); !written) {
    return fail(written.error().code, written.error().message);
  }
  {
    const std::lock_guard lock(mark_mutex_);
    mark_ = next;
  }
  runs_.drop_oldest();
  runs_written_.fetch_add(1, std::memory_order_relaxed);
  return run->changes();
}

StoreView RocksStore::view() const {
  // Acquired with what is readable, which the caller has looked at.
  return {*tables_, runs_.view(), has_reversals_.load(std::memory_order_relaxed)};
}

Result<KnownAccount> RocksStore::known_account(u128 id) {
  const StoreView now = view();
  AccountWalk walk(now, id, {{}, {~u64{0}, ~u32{0}}}, true);
  const auto newest = walk.next();
  RETURN_IF_ERROR(newest);
  KnownAccount known;
  if (*newest == nullptr) return known;
  const TransferChange& change = **newest;
  const engine::Balances balances = balances_of(change, change.transfer.credit_account_id == id);
  std::copy(balances.begin(), balances.end(), known.balances);
  known.found = true;
  return known;
}

Result<KnownHold> RocksStore::known_hold(u128 id) {
  constexpr Position kAll{~u64{0}};
  const StoreView now = view();
  FoundId found;
  RETURN_IF_ERROR(now.find({&id, 1}, kAll, {&found, 1}));
  KnownHold known;
  if (found.outcome != ledger::kCreated) return known;
  const ledger::Transfer* const transfer = &found.created.transfer;
  ledger::TransferStatus status;
  RETURN_IF_ERROR(now.statuses({&transfer, 1}, kAll, {&status, 1}));
  if (status.pending_status != static_cast<u8>(ledger::PendingStatus::Pending)) return known;
  return KnownHold{*transfer, status.remaining, found.number, true};
}

u128 RocksStore::ledger_id() const {
  const std::lock_guard lock(mark_mutex_);
  return mark_.ledger_id;
}

u64 RocksStore::refusals_after() const {
  const std::lock_guard lock(mark_mutex_);
  return mark_.refusals_after;
}

Position RocksStore::readable() const {
  return Position{readable_.load(std::memory_order_acquire)};
}

Mark RocksStore::durable() const {
  const std::lock_guard lock(mark_mutex_);
  return mark_.mark;
}

Status RocksStore::answer(ledger::Request& request) {
  const Position read = readable();
  if (request.position > read) {
    return fail(ErrorCode::InvalidArgument,
                "history can be read up to position " + std::to_string(read.value) +
                    "; the request wants it as of " + std::to_string(request.position.value));
  }
  return answer_from(view(), request);
}

Result<std::vector<ListedAccount>> RocksStore::list_accounts(u128 after, u32 limit,
                                                             Position as_of) {
  return listed_accounts(view(), after, limit, as_of);
}

void RocksStore::find(std::span<const u128> ids, Position as_of,
                      std::span<engine::PastTransfer> found) {
  CHECK(ids.size() == found.size());
  const StoreView now = view();
  std::vector<FoundId> known(ids.size());
  if (Status read = now.find(ids, as_of, known); !read) fatal(read.error());
  std::vector<const ledger::Transfer*> created;
  std::vector<usize> indexes;
  for (usize index = 0; index < ids.size(); ++index) {
    engine::PastTransfer& past = found[index];
    past = engine::PastTransfer{};
    past.outcome = known[index].outcome;
    past.position = Position{known[index].place.position};
    past.number = known[index].number;
    if (past.outcome != ledger::kCreated) continue;
    past.transfer = known[index].created.transfer;
    if (known[index].created.took_all) past.outcome |= engine::TransferState::kTookAll;
    created.push_back(&known[index].created.transfer);
    indexes.push_back(index);
  }
  std::vector<ledger::TransferStatus> statuses(created.size());
  if (Status read = now.statuses(created, as_of, statuses); !read) fatal(read.error());
  for (usize at = 0; at < created.size(); ++at) {
    engine::PastTransfer& past = found[indexes[at]];
    past.pending_status = static_cast<ledger::PendingStatus>(statuses[at].pending_status);
    past.reversed = statuses[at].reversed != 0;
  }
}

void RocksStore::fatal(const Error& error) const {
  if (options_.fatal) options_.fatal(error);
  std::fprintf(stderr, "florin: %s. Nothing can be decided without the past; ending.\n",
               error.message.c_str());
  std::abort();
}

RocksStatistics RocksStore::statistics() const {
  RocksStatistics statistics;
  statistics.runs_written = runs_written_.load(std::memory_order_relaxed);
  statistics.runs_waiting = runs_.closed();
  statistics.changes_in_memory = runs_.changes();
  statistics.disk_bytes = tables_->disk_bytes();
  statistics.files = tables_->files();
  statistics.files_unmerged = tables_->files_unmerged();
  const std::lock_guard lock(mark_mutex_);
  statistics.reversals = mark_.reversals;
  return statistics;
}

}  // namespace florin::history
