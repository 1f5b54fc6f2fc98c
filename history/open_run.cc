#include "history/open_run.h"

#include <algorithm>

#include "base/check.h"
#include "history/movement.h"

namespace florin::history {

namespace {

// Small batches share a chunk of this size at most, so that a run has few chunks.
constexpr usize kChunkChanges = 2048;
constexpr usize kChunkChangesMin = 128;
// So many changes are added while the lock is held: some 50 us.
constexpr usize kLockedChanges = 256;

template <class Object>
const Object* pointer(u64 value) {
  return value == IdTable::kNone ? nullptr : reinterpret_cast<const Object*>(value);
}

template <class Object>
u64 word(const Object* object) {
  return reinterpret_cast<u64>(object);
}

// Room for objects of a kind in the next chunk: for twice as many as the last one had when another
// kind had no more room. So chunks fill, whatever comes: mostly transfers, or refusals alone.
usize room_behind(usize last, usize batch) {
  return std::max(batch, std::clamp(2 * last, kChunkChangesMin, kChunkChanges));
}

template <class Object>
void move_behind(std::vector<Object>& target, std::vector<Object>& source) {
  target.insert(target.end(), source.begin(), source.end());
  source.clear();
}

}  // namespace

void OpenRun::reserve(usize changes, usize accounts) {
  const std::lock_guard lock(mutex_);
  created_.reserve(changes);
  account_numbers_.reserve(accounts);
  accounts_.reserve(accounts);
}

bool OpenRun::fits(const Chunk& chunk, const ChangeBatch& batch) {
  const ChangeBatch& there = chunk.batch;
  const auto room = [](const auto& target, const auto& source) {
    return target.capacity() - target.size() >= source.size();
  };
  return room(there.transfers, batch.transfers) && room(there.others, batch.others) &&
         room(there.consumed, batch.consumed) && room(chunk.created, batch.transfers) &&
         room(chunk.statuses, batch.transfers) && room(chunk.accounts, batch.others) &&
         chunk.entries.capacity() - chunk.entries.size() >= 2 * batch.transfers.size();
}

// A chunk for what is in the batch: the last one where there is room, the batch itself when it is
// large, or a new one. The lists of the chunk do not move from then on.
OpenRun::Chunk& OpenRun::chunk_for(ChangeBatch& batch) {
  const bool large = batch.transfers.size() >= kChunkChanges;
  if (!large && !chunks_.empty() && fits(*chunks_.back(), batch)) return *chunks_.back();
  auto chunk = std::make_unique<Chunk>();
  const bool first = chunks_.empty();
  const auto last = [&](const auto& list) {
    return first ? 0 : (chunks_.back()->batch.*list).size();
  };
  const usize changes = first ? std::max(kChunkChanges, batch.transfers.size())
                              : room_behind(last(&ChangeBatch::transfers), batch.transfers.size());
  const usize others = room_behind(last(&ChangeBatch::others), batch.others.size());
  if (!large) {
    chunk->batch.transfers.reserve(changes);
    chunk->batch.others.reserve(others);
    chunk->batch.consumed.reserve(room_behind(last(&ChangeBatch::consumed), batch.consumed.size()));
  }
  chunk->entries.reserve(2 * changes);
  chunk->statuses.reserve(changes);
  chunk->created.reserve(changes);
  chunk->accounts.reserve(others);
  const std::lock_guard lock(mutex_);
  chunks_.push_back(std::move(chunk));
  return *chunks_.back();
}

void OpenRun::append(ChangeBatch& batch) {
  Chunk& chunk = chunk_for(batch);
  const usize first = chunk.batch.transfers.size();
  const usize added = batch.transfers.size();
  const Mark end = batch.end;
  {
    const std::lock_guard lock(mutex_);
    changes_ += added + batch.others.size() + batch.consumed.size();
    const usize first_event = chunk.batch.others.size();
    const usize first_consumed = chunk.batch.consumed.size();
    if (added >= kChunkChanges) {
      CHECK(first == 0 && first_event == 0 && first_consumed == 0);
      chunk.batch = std::move(batch);
    } else {
      move_behind(chunk.batch.transfers, batch.transfers);
      move_behind(chunk.batch.others, batch.others);
      move_behind(chunk.batch.consumed, batch.consumed);
    }
    for (usize index = first_event; index < chunk.batch.others.size(); ++index) {
      const OtherChange& event = chunk.batch.others[index];
      const ledger::Account* const created = event.created();
      if (created == nullptr) continue;
      created_accounts_.at(created->id) = word(&event);
      chunk.accounts.push_back(static_cast<u32>(index));
    }
    for (usize index = first_consumed; index < chunk.batch.consumed.size(); ++index) {
      const ConsumedId& consumed = chunk.batch.consumed[index];
      consumed_.at(consumed.id) = word(&consumed);
    }
  }
  for (usize from = first; from < first + added; from += kLockedChanges) {
    add_transfers(chunk, from, std::min(first + added, from + kLockedChanges));
  }
  batch.clear();
  const std::lock_guard lock(mutex_);
  end_ = end;
}

void OpenRun::add_transfers(Chunk& chunk, usize first, usize last) {
  constexpr usize kAhead = 8;
  const std::lock_guard lock(mutex_);
  for (usize index = first; index < last; ++index) {
    if (index + kAhead < last) {
      const ledger::Transfer& ahead = chunk.batch.transfers[index + kAhead].transfer;
      created_.prefetch(ahead.id);
      account_numbers_.prefetch(ahead.debit_account_id);
      account_numbers_.prefetch(ahead.credit_account_id);
    }
    const TransferChange& change = chunk.batch.transfers[index];
    add_entry(chunk, change, change.transfer.debit_account_id);
    add_entry(chunk, change, change.transfer.credit_account_id);
    if (change.kind == ledger::ChangeKind::TransferCreated) {
      created_.at(change.transfer.id) = word(&change);
      chunk.created.push_back(static_cast<u32>(index));
    }
    if (const u128 concerned = concerned_by(change); concerned != 0) {
      u64& newest = statuses_.at(concerned);
      chunk.statuses.push_back({&change, pointer<StatusLink>(newest)});
      newest = word(&chunk.statuses.back());
    }
  }
}

void OpenRun::add_entry(Chunk& chunk, const TransferChange& change, u128 account) {
  u64& number = account_numbers_.at(account);
  if (number == IdTable::kNone) {
    number = accounts_.size();
    accounts_.push_back({account, nullptr, 0});
  }
  RunAccount& of_account = accounts_[number];
  chunk.entries.push_back({&change, of_account.newest, static_cast<u32>(number)});
  of_account.newest = &chunk.entries.back();
  ++of_account.entries;
}

Mark OpenRun::end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

u64 OpenRun::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

std::vector<ChunkView> OpenRun::chunks() const {
  const std::lock_guard lock(mutex_);
  std::vector<ChunkView> views;
  views.reserve(chunks_.size());
  for (const auto& chunk : chunks_) {
    // A batch being added has changes without links yet; they are not readable yet either.
    const usize linked = chunk->entries.size() / 2;
    views.push_back({std::span(chunk->batch.transfers).first(linked), chunk->batch.others,
                     chunk->batch.consumed, chunk->entries, chunk->statuses, chunk->created,
                     chunk->accounts});
  }
  return views;
}

const EntryLink* OpenRun::newest_entry(u128 account) const {
  const std::lock_guard lock(mutex_);
  const u64 number = account_numbers_.find(account);
  return number == IdTable::kNone ? nullptr : accounts_[number].newest;
}

const StatusLink* OpenRun::newest_status(u128 id) const {
  const std::lock_guard lock(mutex_);
  return pointer<StatusLink>(statuses_.find(id));
}

const TransferChange* OpenRun::find_created(u128 id) const {
  const std::lock_guard lock(mutex_);
  return pointer<TransferChange>(created_.find(id));
}

const ConsumedId* OpenRun::find_consumed(u128 id) const {
  const std::lock_guard lock(mutex_);
  return pointer<ConsumedId>(consumed_.find(id));
}

const OtherChange* OpenRun::find_account(u128 id) const {
  const std::lock_guard lock(mutex_);
  return pointer<OtherChange>(created_accounts_.find(id));
}

void RunList::start(const Mark& mark, engine::HashSeed seed) {
  seed_ = seed;
  const std::lock_guard lock(mutex_);
  runs_.clear();
  runs_.push_back(std::make_shared<OpenRun>(mark, seed));
  open_ = runs_.back().get();
}

void RunList::close() {
  auto next = std::make_shared<OpenRun>(open_->end(), seed_);
  next->reserve(open_->changes(), open_->accounts().size());
  const std::lock_guard lock(mutex_);
  runs_.push_back(std::move(next));
  open_ = runs_.back().get();
}

std::shared_ptr<const OpenRun> RunList::oldest_closed() const {
  const std::lock_guard lock(mutex_);
  return runs_.size() < 2 ? nullptr : runs_.front();
}

void RunList::drop_oldest() {
  std::shared_ptr<OpenRun> dropped;  // Freed without the lock.
  const std::lock_guard lock(mutex_);
  CHECK(runs_.size() >= 2);
  dropped = std::move(runs_.front());
  runs_.erase(runs_.begin());
}

RunList::View RunList::view() const {
  const std::lock_guard lock(mutex_);
  View view;
  view.runs.assign(runs_.begin(), runs_.end());
  view.stored = runs_.front()->before().log.position.value;
  return view;
}

usize RunList::closed() const {
  const std::lock_guard lock(mutex_);
  return runs_.size() - 1;
}

u64 RunList::changes() const {
  u64 total = 0;
  for (const auto& run : view().runs) total += run->changes();
  return total;
}

}  // namespace florin::history
