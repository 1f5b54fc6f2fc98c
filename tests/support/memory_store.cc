#include "tests/support/memory_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "engine/tables.h"

namespace florin::test {

using history::ConsumedId;
using history::OtherChange;
using history::TransferChange;
using ledger::ChangeKind;
using ledger::PendingStatus;
using ledger::Transfer;
using ledger::TransferOutcome;

namespace {

bool has_any(const Transfer& transfer, u16 flags) { return (transfer.flags & flags) != 0; }

bool counts(const history::Place& place, Position as_of) { return place.position <= as_of.value; }

Status take_failure(auto& failure, std::string_view action) {
  if (failure.times == 0) return {};
  --failure.times;
  return fail(failure.code, std::string(action) + ": made to fail by the test");
}

// What a change moves on one side: out of the pending counter, into it, into the posted one.
struct Moved {
  u128 released = 0;
  u128 pending = 0;
  u128 posted = 0;
};

Moved moved_by(const TransferChange& change) {
  const Transfer& transfer = change.transfer;
  if (change.kind == ChangeKind::HoldExpired) return {change.released, 0, 0};
  if (has_any(transfer, ledger::transfer_flags::kPending)) return {0, transfer.amount, 0};
  if (has_any(transfer, ledger::transfer_flags::kVoidPendingTransfer))
    return {change.released, 0, 0};
  return {change.released, 0, transfer.amount};
}

engine::Balances debit_side(const ledger::TransferBalances& balances) {
  return {balances.debit_account_debits_pending, balances.debit_account_debits_posted,
          balances.debit_account_credits_pending, balances.debit_account_credits_posted};
}

engine::Balances credit_side(const ledger::TransferBalances& balances) {
  return {balances.credit_account_debits_pending, balances.credit_account_debits_posted,
          balances.credit_account_credits_pending, balances.credit_account_credits_posted};
}

// Whether the objects stand behind `before`, one after the other, up to `end`.
template <class Object>
bool ascend(const std::vector<Object>& objects, Position before, Position end) {
  for (usize index = 0; index < objects.size(); ++index) {
    if (counts(objects[index].place, before) || !counts(objects[index].place, end)) return false;
    if (index > 0 && !(objects[index - 1].place < objects[index].place)) return false;
  }
  return true;
}

std::string unfit(std::string_view what, u64 position, u64 found, u64 expected) {
  return fmt::format("{} at position {}: {}, expected {}", what, position, found, expected);
}

}  // namespace

Status MemoryStore::append(history::ChangeBatch&& batch) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(take_failure(append_failure_, "append"));
  if (options_.lie == StoreLie::None) {
    const std::string wrong = check(batch);
    if (!wrong.empty()) return fail(ErrorCode::Corrupt, "a batch that does not fit: " + wrong);
  }
  open_changes_ += batch.transfers.size() + batch.others.size() + batch.consumed.size();
  keep(batch);
  batches_.push_back(std::move(batch));
  return {};
}

// What the batch says against what is there; the balances are followed in a copy of those
// concerned.
std::string MemoryStore::check(const history::ChangeBatch& batch) const {
  const Position before = readable_.log.position;
  const Position end = batch.end.log.position;
  if (end < before || batch.end.log.sequence < readable_.log.sequence) {
    return unfit("it ends", before.value, end.value, before.value);
  }
  if (!ascend(batch.transfers, before, end) || !ascend(batch.others, before, end) ||
      !ascend(batch.consumed, before, end)) {
    return unfit("places do not ascend within it, ended", before.value, end.value, end.value);
  }
  std::map<u128, engine::Balances> balances;
  for (const auto& [id, account] : by_account_) balances.emplace(id, account.balances);
  for (const OtherChange& event : batch.others) {
    if (event.refused() != nullptr) continue;
    const ledger::Account* const created = event.created();
    const u128 id = created != nullptr ? created->id : event.updated()->update.account_id;
    if ((created != nullptr) == balances.contains(id)) {
      return unfit("account events", event.place.position, created != nullptr ? 2 : 0, 1);
    }
    if (created != nullptr) balances.emplace(id, engine::Balances{});
  }
  const auto moves = [&](u128 id, const engine::Balances& after, usize pending, const Moved& by) {
    const auto found = balances.find(id);
    if (found == balances.end()) return false;
    found->second[pending] += by.pending - by.released;
    found->second[pending + 1] += by.posted;
    return found->second == after;
  };
  u64 created = created_.size();
  for (const TransferChange& change : batch.transfers) {
    const u64 position = change.place.position;
    const Moved moved = moved_by(change);
    if (!moves(change.transfer.debit_account_id, debit_side(change.balances), 0, moved) ||
        !moves(change.transfer.credit_account_id, credit_side(change.balances), 2, moved)) {
      return unfit("balances do not follow from those before, index", position, change.place.index,
                   change.place.index);
    }
    if (change.kind != ChangeKind::TransferCreated) continue;
    if (change.number != created) return unfit("number", position, change.number, created);
    if (ids_.contains(change.transfer.id)) return unfit("id decided before", position, 2, 1);
    ++created;
  }
  u64 consumed = consumed_.size();
  for (const ConsumedId& each : batch.consumed) {
    if (each.number != consumed)
      return unfit("consumed", each.place.position, each.number, consumed);
    if (ids_.contains(each.id)) return unfit("id consumed before", each.place.position, 2, 1);
    ++consumed;
  }
  if (batch.end.created != created) return unfit("created", end.value, batch.end.created, created);
  if (batch.end.consumed != consumed) {
    return unfit("consumed", end.value, batch.end.consumed, consumed);
  }
  if (batch.end.accounts != balances.size()) {
    return unfit("accounts", end.value, batch.end.accounts, balances.size());
  }
  return {};
}

void MemoryStore::keep(const history::ChangeBatch& batch) {
  for (const OtherChange& event : batch.others) {
    others_.push_back(event);
    if (const ledger::Account* const created = event.created()) {
      by_account_[created->id].creation = *created;
    }
  }
  for (const TransferChange& change : batch.transfers) keep(change);
  for (const ConsumedId& consumed : batch.consumed) {
    ids_[consumed.id].consumed = consumed_.size();
    consumed_.push_back(consumed);
  }
  readable_ = batch.end;
}

void MemoryStore::keep(const TransferChange& change) {
  const usize index = transfers_.size();
  const Transfer& transfer = change.transfer;
  transfers_.push_back(change);
  if (change.kind == ChangeKind::HoldExpired) {
    ids_[transfer.id].later.push_back(index);
  } else {
    ids_[transfer.id].created = index;
    created_.push_back(index);
    if (has_any(transfer, ledger::transfer_flags::kNamesEarlier)) {
      ids_[transfer.pending_id].later.push_back(index);
    }
  }
  Account& debit = by_account_[transfer.debit_account_id];
  debit.balances = debit_side(change.balances);
  debit.entries.push_back(index);
  Account& credit = by_account_[transfer.credit_account_id];
  credit.balances = credit_side(change.balances);
  credit.entries.push_back(index);
}

bool MemoryStore::has_room() const {
  const std::lock_guard lock(mutex_);
  return sealed_.size() < options_.runs_waiting_max;
}

u64 MemoryStore::open_changes() const {
  const std::lock_guard lock(mutex_);
  return open_changes_;
}

void MemoryStore::seal() {
  const std::lock_guard lock(mutex_);
  const usize sealed = sealed_.empty() ? written_.batches : sealed_.back().batches;
  if (sealed == batches_.size()) return;
  sealed_.push_back({batches_.size(), open_changes_});
  open_changes_ = 0;
}

Result<u64> MemoryStore::write_run() {
  const std::lock_guard lock(mutex_);
  if (sealed_.empty()) return u64{0};
  RETURN_IF_ERROR(take_failure(write_failure_, "write_run"));
  written_before_ = written_;
  written_ = sealed_.front();
  sealed_.pop_front();
  durable_ = batches_[written_.batches - 1].end;
  return written_.changes;
}

Result<history::KnownAccount> MemoryStore::known_account(u128 id) {
  const std::lock_guard lock(mutex_);
  history::KnownAccount known;
  const auto found = by_account_.find(id);
  if (found == by_account_.end() || found->second.entries.empty()) return known;
  known.found = true;
  std::copy_n(found->second.balances.begin(), 4, known.balances);
  return known;
}

Result<history::KnownHold> MemoryStore::known_hold(u128 id) {
  const std::lock_guard lock(mutex_);
  history::KnownHold known;
  const ledger::TransferStatus status = status_of(id, readable_.log.position);
  if (status.pending_status != static_cast<u8>(PendingStatus::Pending)) return known;
  const TransferChange& created = transfers_[*ids_.at(id).created];
  return history::KnownHold{created.transfer, status.remaining, created.number, true};
}

Position MemoryStore::readable() const {
  const std::lock_guard lock(mutex_);
  return readable_.log.position;
}

history::Mark MemoryStore::durable() const {
  const std::lock_guard lock(mutex_);
  return options_.lie == StoreLie::CallsUnwrittenDurable ? readable_ : durable_;
}

bool MemoryStore::may_have(u128 id) const {
  const std::lock_guard lock(mutex_);
  return ids_.contains(id);
}

void MemoryStore::find(std::span<const u128> ids, Position as_of,
                       std::span<engine::PastTransfer> found) {
  const std::lock_guard lock(mutex_);
  CHECK(ids.size() == found.size());
  for (usize index = 0; index < ids.size(); ++index) {
    found[index] = past_of(ids[index], as_of);
    if (found[index].outcome != 0) ++ids_found_;
  }
}

engine::PastTransfer MemoryStore::past_of(u128 id, Position as_of) const {
  if (options_.lie == StoreLie::BelievesBeyondAsOf) as_of = readable_.log.position;
  engine::PastTransfer past{};  // All zeros, the transfer too.
  const auto found = ids_.find(id);
  if (found == ids_.end()) return past;
  const Known& known = found->second;
  if (known.consumed.has_value()) {
    const ConsumedId& consumed = consumed_[*known.consumed];
    const bool forgotten = options_.lie == StoreLie::ForgetsConsumedIds && consumed.number % 3 == 1;
    if (forgotten || !counts(consumed.place, as_of)) return past;
    past.position = Position{consumed.place.position};
    past.number = consumed.number;
    past.outcome = consumed.outcome;
    return past;
  }
  const TransferChange& created = transfers_[known.created.value()];
  if (!counts(created.place, as_of)) return past;
  const ledger::TransferStatus status = status_of(id, as_of);
  past.transfer = created.transfer;
  past.position = Position{created.place.position};
  past.number = created.number;
  past.outcome = static_cast<u8>(TransferOutcome::Created);
  if (created.took_all) past.outcome |= engine::TransferState::kTookAll;
  past.pending_status = static_cast<PendingStatus>(status.pending_status);
  past.reversed = status.reversed != 0;
  if (options_.lie == StoreLie::ForgetsReversals) past.reversed = false;
  if (options_.lie == StoreLie::MistakesClosings && past.pending_status != PendingStatus::None) {
    past.pending_status = PendingStatus::Voided;
  }
  return past;
}

void MemoryStore::crash() {
  const std::lock_guard lock(mutex_);
  const bool loses = options_.lie == StoreLie::LosesLastRun;
  std::vector<history::ChangeBatch> kept = std::move(batches_);
  kept.resize(loses ? written_before_.batches : written_.batches);
  batches_.clear();
  transfers_.clear();
  others_.clear();
  consumed_.clear();
  created_.clear();
  ids_.clear();
  by_account_.clear();
  sealed_.clear();
  readable_ = history::Mark{};
  for (const history::ChangeBatch& batch : kept) keep(batch);
  batches_ = std::move(kept);
  open_changes_ = 0;
  written_ = {batches_.size(), 0};
  written_before_ = written_;
  readable_ = durable_;
}

std::unique_ptr<MemoryStore> MemoryStore::copy() const {
  const std::lock_guard lock(mutex_);
  auto other = std::make_unique<MemoryStore>(options_);
  for (const history::ChangeBatch& batch : batches_) other->keep(batch);
  other->batches_ = batches_;
  other->sealed_ = sealed_;
  other->written_ = written_;
  other->written_before_ = written_before_;
  other->open_changes_ = open_changes_;
  other->durable_ = durable_;
  other->readable_ = readable_;
  return other;
}

void MemoryStore::fail_writes(u32 times, ErrorCode code) {
  const std::lock_guard lock(mutex_);
  write_failure_ = {times, code};
}

void MemoryStore::fail_appends(u32 times, ErrorCode code) {
  const std::lock_guard lock(mutex_);
  append_failure_ = {times, code};
}

void MemoryStore::fail_answers(u32 times, ErrorCode code) {
  const std::lock_guard lock(mutex_);
  answer_failure_ = {times, code};
}

void MemoryStore::set_lie(StoreLie lie) {
  const std::lock_guard lock(mutex_);
  options_.lie = lie;
}

std::vector<TransferChange> MemoryStore::transfers() const {
  const std::lock_guard lock(mutex_);
  return transfers_;
}

std::vector<TransferChange> MemoryStore::transfers_at(Position position) const {
  const std::lock_guard lock(mutex_);
  const auto first =
      std::ranges::lower_bound(transfers_, position.value, {},
                               [](const TransferChange& each) { return each.place.position; });
  std::vector<TransferChange> found;
  for (auto each = first; each != transfers_.end() && each->place.position == position.value;
       ++each) {
    found.push_back(*each);
  }
  return found;
}

std::vector<OtherChange> MemoryStore::others() const {
  const std::lock_guard lock(mutex_);
  return others_;
}

std::vector<ConsumedId> MemoryStore::consumed() const {
  const std::lock_guard lock(mutex_);
  return consumed_;
}

history::Mark MemoryStore::batch_end() const {
  const std::lock_guard lock(mutex_);
  return readable_;
}

u64 MemoryStore::ids_found() const {
  const std::lock_guard lock(mutex_);
  return ids_found_;
}

}  // namespace florin::test
