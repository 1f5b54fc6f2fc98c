// The first two phases, and the end. engine/state_loader_books.cc has the third.
#include "engine/state_loader.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "base/int128.h"
#include "engine/cut_reading.h"
#include "engine/planted.h"

namespace florin::engine {

using ledger::Account;
namespace account_flags = ledger::account_flags;
namespace transfer_flags = ledger::transfer_flags;

namespace {

constexpr u32 kPrefetchAhead = 16;
// What may be otherwise than at the creation of an account.
constexpr u16 kChangingFlags =
    account_flags::kClosed | account_flags::kFrozenDebits | account_flags::kFrozenCredits;

Status check_room(u64 count, u64 most, const char* objects_and_remedy) {
  if (count <= most) return {};
  return fail(ErrorCode::Capacity, "the ledger holds " + std::to_string(count) +
                                       ", more than the maximum of " + std::to_string(most) + " " +
                                       objects_and_remedy);
}

u16 status_of(u16 flags) {
  u16 status = AccountState::kExists;
  if ((flags & account_flags::kClosed) != 0) status |= AccountState::kClosed;
  if ((flags & account_flags::kFrozenDebits) != 0) status |= AccountState::kFrozenDebits;
  if ((flags & account_flags::kFrozenCredits) != 0) status |= AccountState::kFrozenCredits;
  return status;
}

bool is_account(const CutAccount& record) {
  return is_id(record.id) && record.timestamp != 0 && record.ledger != 0 &&
         (record.flags & ~account_flags::kDefined) == 0 &&
         (record.reserved & ~u32{account_flags::kDefined}) == 0 &&
         ((record.flags ^ record.reserved) & ~u32{kChangingFlags}) == 0;
}

void add_to_totals(ledger::LedgerTotals& totals, const Account& account) {
  ++totals.accounts;
  totals.debits_pending.add(account.debits_pending);
  totals.debits_posted.add(account.debits_posted);
  totals.credits_pending.add(account.credits_pending);
  totals.credits_posted.add(account.credits_posted);
}

}  // namespace

Result<std::unique_ptr<StateLoader>> StateLoader::create(Engine& engine, const Limits& capacity,
                                                         const CutCounts& records) {
  std::unique_ptr<StateLoader> loader(new StateLoader(engine, records));
  RETURN_IF_ERROR(loader->check_capacity(capacity));
  // Transfers stand in the order of their creation, failed ids behind them; what is left of the
  // last chunk is used by one of the partitions.
  const u64 used = loader->records_of(CutKind::Transfers) + loader->records_of(CutKind::FailedIds);
  if (!planted(Defect::LoadReusesSlots)) {
    const u64 chunks = round_up(used, kSlotChunk);
    loader->tables_.transfer_source.take_first(chunks);
    loader->tables_.partitions[0]->transfer_slots.go_on_with(static_cast<u32>(used),
                                                             static_cast<u32>(chunks));
  }
  return loader;
}

StateLoader::StateLoader(Engine& engine, const CutCounts& records)
    : engine_(engine),
      tables_(*engine.tables_),
      books_(engine.authoriser_.books()),
      records_(records) {
  CHECK(books_.accounts_count == 0 && books_.transfers_count == 0 && books_.last_time == 0);
  for (u32 partition = 0; partition < engine.partitions(); ++partition) {
    parts_.push_back(std::make_unique<Part>());
  }
}

Status StateLoader::check_capacity(const Limits& capacity) const {
  for (usize kind = 0; kind < kCutKinds; ++kind) {
    const bool exists = cut_record_bytes(static_cast<CutKind>(kind)) != 0;
    // No sum of two of them overflows.
    if (records_[kind] != 0 && (!exists || records_[kind] > ~u64{0} / 2)) {
      return fail_cut("there are " + std::to_string(records_[kind]) + " records of the kind " +
                      std::to_string(kind));
    }
  }
  const TablesOptions& room = tables_.options;
  RETURN_IF_ERROR(check_room(records_of(CutKind::Accounts),
                             std::min(capacity.accounts_max, room.accounts_max),
                             "accounts; start with a larger --accounts-max"));
  RETURN_IF_ERROR(check_room(records_of(CutKind::Transfers) + records_of(CutKind::FailedIds),
                             std::min(capacity.transfers_max, room.transfers_max),
                             "remembered transfers; start with a larger --transfers-max"));
  return check_room(records_of(CutKind::AccountChanges) + records_of(CutKind::UpdateIds),
                    capacity.account_updates_max,
                    "remembered updates of accounts; start with a larger --account-updates-max");
}

bool StateLoader::comes_last(CutKind kind) {
  return kind != CutKind::Accounts && kind != CutKind::Transfers && kind != CutKind::FailedIds;
}

StateLoader::Partitions StateLoader::partitions_in(const CutBuffer& buffer) const {
  const auto partitions = static_cast<u32>(parts_.size());
  const u32 first = std::min(buffer.first_virtual_slot, kVirtualSlots - 1);
  const u32 last = std::min(buffer.last_virtual_slot, kVirtualSlots - 1);
  return {partition_of(first, partitions), partition_of(std::max(first, last), partitions)};
}

Status StateLoader::load_accounts(const CutBuffer& buffer, u32 partition) {
  RETURN_IF_ERROR(check_buffer(buffer));
  CHECK(buffer.kind == CutKind::Accounts);
  const auto partitions = static_cast<u32>(parts_.size());
  const auto slot_of = [&](u32 index) {
    return virtual_slot(cut_record<CutAccount>(buffer, index).id);
  };
  u64 own = 0;
  for (u32 index = 0; index < buffer.records; ++index) {
    const u32 virtual_slot = slot_of(index);
    if (virtual_slot < buffer.first_virtual_slot || virtual_slot > buffer.last_virtual_slot) {
      return fail_cut("an account stands where it does not belong");
    }
    if (partition_of(virtual_slot, partitions) == partition) ++own;
  }
  if (accounts_loaded_.fetch_add(own, std::memory_order_relaxed) + own >
      records_of(CutKind::Accounts)) {
    return fail_cut("there are more accounts than there should be");
  }
  Part& part = *parts_[partition];
  for (u32 index = 0; index < buffer.records; ++index) {
    if (index + kPrefetchAhead < buffer.records) {
      const auto ahead = cut_record<CutAccount>(buffer, index + kPrefetchAhead);
      tables_.account_index.prefetch(tables_.seed.hash(ahead.id));
    }
    const auto record = cut_record<CutAccount>(buffer, index);
    const IdHash hash = tables_.seed.hash(record.id);
    if (partition_of(hash.virtual_slot, partitions) != partition) continue;
    RETURN_IF_ERROR(load_account(record, part, hash));
  }
  return {};
}

Status StateLoader::load_account(const CutAccount& record, Part& part, IdHash hash) {
  if (!is_account(record)) {
    return fail_cut("account " + to_decimal(record.id) + " cannot be");
  }
  if (tables_.find_account(hash, record.id) != kNoSlot) {
    return fail_cut("account " + to_decimal(record.id) + " is there twice");
  }
  Partition& partition = tables_.partition_of(hash);
  const u32 slot = partition.account_slots.take();
  Account& account = tables_.accounts[slot];
  account = record;
  account.reserved = 0;
  tables_.account_index.insert(hash, slot);
  add_to_totals(partition.totals.of(account.ledger), account);

  AccountState& state = tables_.account_states[slot];
  state.ledger = account.ledger;
  state.flags = static_cast<u16>(record.reserved);
  state.status = status_of(account.flags);
  state.timestamp = account.timestamp;
  const Balances balances = {account.debits_pending, account.debits_posted, account.credits_pending,
                             account.credits_posted};
  if (*std::max_element(balances.begin(), balances.end()) > kNarrowMax) {
    part.wide.push_back({slot, balances});
  } else {
    for (usize counter = 0; counter < balances.size(); ++counter) {
      state.set_narrow(static_cast<Counter>(counter), balances[counter]);
    }
  }
  part.accounts.push_back(slot);
  return {};
}

Status StateLoader::load_history(const CutBuffer& buffer) {
  RETURN_IF_ERROR(check_buffer(buffer));
  const bool transfers = buffer.kind == CutKind::Transfers;
  CHECK(transfers || buffer.kind == CutKind::FailedIds);
  const u64 room = records_of(buffer.kind);
  if (buffer.records == 0) return {};
  if (buffer.first_number > room || buffer.records > room - buffer.first_number) {
    return fail_cut("there are more transfers than there should be");
  }
  const u64 first_slot = buffer.first_number + (transfers ? 0 : records_of(CutKind::Transfers));
  RETURN_IF_ERROR(claim(buffer, first_slot));
  for (u32 index = 0; index < buffer.records; ++index) {
    const u64 number = buffer.first_number + index;
    RETURN_IF_ERROR(transfers ? load_transfer(cut_record<CutTransfer>(buffer, index), number)
                              : load_failed_id(cut_record<CutFailedId>(buffer, index), number));
  }
  list_history(first_slot, first_slot + buffer.records);
  return {};
}

// No two buffers fill the same slot: whoever fills it need not ask the others.
Status StateLoader::claim(const CutBuffer& buffer, u64 first_slot) {
  Claim claim;
  claim.end = first_slot + buffer.records;
  if (buffer.kind == CutKind::Transfers) {
    u64 last = 0;
    for (u32 index = 0; index < buffer.records; ++index) {
      const auto record = cut_record<CutTransfer>(buffer, index);
      if (record.timestamp <= last) {
        return fail_cut("transfers are not in the order of their creation");
      }
      last = record.timestamp;
      if ((record.flags & transfer_flags::kPending) != 0) ++claim.pending;
      if ((record.flags & transfer_flags::kReversal) != 0) ++claim.reversals;
    }
    claim.first_timestamp = cut_record<CutTransfer>(buffer, 0).timestamp;
    claim.last_timestamp = last;
  }
  const std::lock_guard lock(claims_mutex_);
  const auto next = claims_.lower_bound(first_slot);
  const bool meets_next = next != claims_.end() && next->first < claim.end;
  const bool meets_previous = next != claims_.begin() && std::prev(next)->second.end > first_slot;
  if (meets_next || meets_previous) return fail_cut("some transfers are there twice");
  claims_.emplace_hint(next, first_slot, claim);
  return {};
}

Status StateLoader::load_transfer(const CutTransfer& record, u64 number) {
  const bool took_all = (record.flags & kCutTookAll) != 0;
  const u16 flags = record.flags & static_cast<u16>(~kCutTookAll);
  if (!is_id(record.id) || (flags & ~transfer_flags::kDefined) != 0 ||
      (took_all && (flags & transfer_flags::kPostPendingTransfer) == 0)) {
    return fail_cut("transfer " + to_decimal(record.id) + " cannot be");
  }
  ledger::Transfer& transfer = tables_.transfers[number];
  transfer = record;
  transfer.flags = flags;
  u8 state = static_cast<u8>(ledger::TransferOutcome::Created);
  if (took_all) state |= TransferState::kTookAll;
  tables_.transfer_states[number] = state;
  tables_.transfers_by_creation[number] = static_cast<u32>(number);
  return {};
}

Status StateLoader::load_failed_id(const CutFailedId& record, u64 number) {
  const auto outcome = ledger::transfer_outcome(record.outcome);
  if (!is_id(record.id) || !outcome || !ledger::is_transient(*outcome)) {
    return fail_cut("the failed id " + to_decimal(record.id) + " cannot be");
  }
  const u64 slot = records_of(CutKind::Transfers) + number;
  tables_.transfers[slot].id = record.id;
  if (!planted(Defect::LoadLosesFailedId)) tables_.transfer_states[slot] = record.outcome;
  tables_.transfers_failed[number] = static_cast<u32>(slot);
  return {};
}

// So that each partition reads the records of its own ids only. One partition reads them all.
void StateLoader::list_history(u64 first_slot, u64 end_slot) {
  const auto partitions = static_cast<u32>(parts_.size());
  if (partitions == 1) return;
  std::vector<std::vector<u32>> lists(partitions);
  for (u64 slot = first_slot; slot < end_slot; ++slot) {
    const u32 partition = partition_of(virtual_slot(tables_.transfers[slot].id), partitions);
    lists[partition].push_back(static_cast<u32>(slot));
  }
  for (u32 partition = 0; partition < partitions; ++partition) {
    if (lists[partition].empty()) continue;
    Part& part = *parts_[partition];
    const std::lock_guard lock(part.history_mutex);
    part.history.push_back(std::move(lists[partition]));
  }
}

Status StateLoader::index(u32 partition) {
  Part& part = *parts_[partition];
  std::sort(part.accounts.begin(), part.accounts.end(), [&](u32 left, u32 right) {
    return tables_.accounts[left].timestamp < tables_.accounts[right].timestamp;
  });
  const auto index_all = [&](u64 count, auto&& slot_at) -> Status {
    for (u64 place = 0; place < count; ++place) {
      if (place + 2 * kPrefetchAhead < count) {
        __builtin_prefetch(&tables_.transfers[slot_at(place + 2 * kPrefetchAhead)]);
      }
      if (place + kPrefetchAhead < count) {
        const u128 ahead = tables_.transfers[slot_at(place + kPrefetchAhead)].id;
        tables_.transfer_index.prefetch(tables_.seed.hash(ahead));
      }
      RETURN_IF_ERROR(index_transfer(slot_at(place)));
    }
    return {};
  };
  if (parts_.size() == 1) {
    RETURN_IF_ERROR(check_claims());
    return index_all(records_of(CutKind::Transfers) + records_of(CutKind::FailedIds),
                     [](u64 place) { return static_cast<u32>(place); });
  }
  for (std::vector<u32>& slots : part.history) {
    RETURN_IF_ERROR(index_all(slots.size(), [&](u64 place) { return slots[place]; }));
    std::vector<u32>().swap(slots);
  }
  return {};
}

Status StateLoader::index_transfer(u32 slot) {
  const u128 id = tables_.transfers[slot].id;
  const IdHash hash = tables_.seed.hash(id);
  if (tables_.find_transfer(hash, id) != kNoSlot) {
    return fail_cut("transfer " + to_decimal(id) + " is there twice");
  }
  tables_.transfer_index.insert(hash, slot);
  return {};
}

Status StateLoader::finish() {
  RETURN_IF_ERROR(check_counts());
  RETURN_IF_ERROR(check_claims());
  RETURN_IF_ERROR(check_marks());
  RETURN_IF_ERROR(order_accounts());
  RETURN_IF_ERROR(check_times());
  fill_in();
  return engine_.verify();
}

Status StateLoader::check_counts() const {
  const auto differs = [](usize kind, u64 found, u64 expected) {
    return fail_cut("of the kind " + std::to_string(kind) + " there are " + std::to_string(found) +
                    " records instead of " + std::to_string(expected));
  };
  for (usize kind = 0; kind < kCutKinds; ++kind) {
    const auto of_kind = static_cast<CutKind>(kind);
    if (comes_last(of_kind) && loaded_[kind] != records_[kind]) {
      return differs(kind, loaded_[kind], records_[kind]);
    }
    if (of_kind != CutKind::Marks && counters_.records[kind] != records_[kind]) {
      return differs(kind, records_[kind], counters_.records[kind]);
    }
  }
  const u64 accounts = accounts_loaded_.load(std::memory_order_relaxed);
  if (accounts != records_of(CutKind::Accounts)) {
    return differs(static_cast<usize>(CutKind::Accounts), accounts, records_of(CutKind::Accounts));
  }
  if (windows_named_ != records_of(CutKind::VelocityWindows)) {
    return fail_cut("the windows are not those of the limits");
  }
  return {};
}

// Whether transfers and failed ids are all there, and in the order of their timestamps.
Status StateLoader::check_claims() const {
  u64 end = 0;
  u64 last_timestamp = 0;
  for (const auto& [first, claim] : claims_) {
    if (first != end) break;
    end = claim.end;
    if (claim.first_timestamp == 0) continue;
    if (claim.first_timestamp <= last_timestamp) {
      return fail_cut("transfers are not in the order of their creation");
    }
    last_timestamp = claim.last_timestamp;
  }
  if (end != records_of(CutKind::Transfers) + records_of(CutKind::FailedIds)) {
    return fail_cut("transfers are missing from number " + std::to_string(end) + " on");
  }
  return {};
}

// What was pending is open, or has a mark that says how it ended; and a reversal marks the transfer
// that it reversed.
Status StateLoader::check_marks() const {
  u64 pending = 0;
  u64 reversals = 0;
  for (const auto& [first, claim] : claims_) {
    pending += claim.pending;
    reversals += claim.reversals;
  }
  if (pending != marks_closed_ + records_of(CutKind::Holds) || reversals != marks_reversed_) {
    return fail_cut("the marks of transfers are not those of what posted, voided or reversed them");
  }
  return {};
}

Status StateLoader::order_accounts() {
  const auto earlier = [&](u32 left, u32 right) {
    return tables_.accounts[left].timestamp < tables_.accounts[right].timestamp;
  };
  std::vector<u32> merged;
  for (const auto& part : parts_) {
    const auto middle = static_cast<std::ptrdiff_t>(merged.size());
    merged.insert(merged.end(), part->accounts.begin(), part->accounts.end());
    std::inplace_merge(merged.begin(), merged.begin() + middle, merged.end(), earlier);
  }
  for (usize number = 0; number < merged.size(); ++number) {
    if (number > 0 && !earlier(merged[number - 1], merged[number])) {
      return fail_cut("two accounts are of the same time");
    }
    tables_.accounts_by_creation[number] = merged[number];
  }
  if (planted(Defect::LoadMixesCreations) && merged.size() > 1) {
    std::swap(tables_.accounts_by_creation[0], tables_.accounts_by_creation[1]);
  }
  const u64 last = merged.empty() ? 0 : tables_.accounts[merged.back()].timestamp;
  if (last != counters_.last_account_timestamp) return fail_cut("the newest account is not there");
  return {};
}

Status StateLoader::check_times() const {
  const u64 created = records_of(CutKind::Transfers);
  const u64 last = created == 0 ? 0 : tables_.transfers[created - 1].timestamp;
  if (last != counters_.last_transfer_timestamp) {
    return fail_cut("the newest transfer is not there");
  }
  if (latest_ > counters_.last_time) return fail_cut("something is of a time to come");
  if (books_.holds.next_deadline() <= counters_.last_time) {
    return fail_cut("a hold should have expired");
  }
  return {};
}

void StateLoader::fill_in() {
  for (const auto& part : parts_) {
    for (const WideAccount& wide : part->wide) books_.balances.set_all(wide.slot, wide.balances);
  }
  books_.accounts_count = records_of(CutKind::Accounts);
  books_.transfers_created = records_of(CutKind::Transfers);
  books_.transfers_count = records_of(CutKind::Transfers) + records_of(CutKind::FailedIds);
  books_.last_time = counters_.last_time;
  if (!planted(Defect::LoadForgetsLastTimestamps)) {
    books_.last_account_timestamp = counters_.last_account_timestamp;
    books_.last_transfer_timestamp = counters_.last_transfer_timestamp;
  }
  engine_.authoriser_.publish();
}

}  // namespace florin::engine
