// The beginning, the accounts, and the end. engine/state_loader_transfers.cc has the transfers of
// the first two phases, engine/state_loader_books.cc the third phase.
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

namespace {

constexpr u32 kAccountAhead = 16;
// What may be otherwise than at the creation of an account.
constexpr u16 kChangingFlags =
    account_flags::kClosed | account_flags::kFrozenDebits | account_flags::kFrozenCredits;

Status check_room(u64 count, u64 most, const char* objects_and_remedy) {
  if (count <= most) return {};
  return fail(ErrorCode::Capacity, "the ledger holds " + std::to_string(count) +
                                       ", more than the maximum of " + std::to_string(most) + " " +
                                       objects_and_remedy);
}

// Whether the counters tell how many there are.
bool is_counted(CutKind kind) {
  return kind != CutKind::Marks && kind != CutKind::KeptTransfers && kind != CutKind::KeptIds;
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
                                                         const CutSummary& summary) {
  std::unique_ptr<StateLoader> loader(new StateLoader(engine, summary));
  RETURN_IF_ERROR(loader->check_summary());
  RETURN_IF_ERROR(loader->check_capacity(capacity));
  // Transfers stand in the order of their creation, failed ids behind them, then what was kept;
  // what is left of the last chunk is used by one of the partitions.
  const u64 used = loader->in_memory();
  loader->tables_.has_left = summary.first_created + summary.first_consumed != 0;
  loader->tables_.transfers_by_creation.begin_at(summary.first_created);
  loader->tables_.transfers_failed.begin_at(summary.first_consumed);
  if (!planted(Defect::LoadReusesSlots)) {
    const u64 chunks = round_up(used, kSlotChunk);
    loader->tables_.transfer_source.take_first(chunks);
    loader->tables_.partitions[0]->transfer_slots.go_on_with(static_cast<u32>(used),
                                                             static_cast<u32>(chunks));
  }
  return loader;
}

StateLoader::StateLoader(Engine& engine, const CutSummary& summary)
    : engine_(engine),
      tables_(*engine.tables_),
      books_(engine.authoriser_.books()),
      summary_(summary) {
  CHECK(books_.accounts_count == 0 && books_.transfers_count == 0 && books_.last_time == 0);
  for (u32 partition = 0; partition < engine.partitions(); ++partition) {
    parts_.push_back(std::make_unique<Part>());
  }
}

Status StateLoader::check_summary() const {
  constexpr u64 kMost = ~u64{0} / 8;  // No sum of some of them overflows.
  for (usize kind = 0; kind < kCutKinds; ++kind) {
    const u64 records = summary_.records[kind];
    const bool exists = cut_record_bytes(static_cast<CutKind>(kind)) != 0;
    if (records != 0 && (!exists || records > kMost)) {
      return fail_cut("there are " + std::to_string(records) + " records of the kind " +
                      std::to_string(kind));
    }
  }
  if (summary_.first_created > kMost || summary_.first_consumed > kMost ||
      records_of(CutKind::KeptTransfers) > summary_.first_created ||
      records_of(CutKind::KeptIds) > summary_.first_consumed) {
    return fail_cut("there are more kept transfers and ids than were ever passed over");
  }
  return {};
}

Status StateLoader::check_capacity(const Limits& capacity) const {
  const TablesOptions& room = tables_.options;
  RETURN_IF_ERROR(check_room(records_of(CutKind::Accounts),
                             std::min(capacity.accounts_max, room.accounts_max),
                             "accounts; start with a larger --accounts-max"));
  RETURN_IF_ERROR(check_transfers_room(std::min(capacity.transfers_max, room.transfers_max)));
  return check_room(records_of(CutKind::AccountChanges) + records_of(CutKind::UpdateIds),
                    capacity.account_updates_max,
                    "remembered updates of accounts; start with a larger --account-updates-max");
}

// Where ids come back from history, there may be some more for a while than there should be: the
// tables have room for as many as may be named at once.
Status StateLoader::check_transfers_room(u64 most) const {
  if (retired() == 0) {
    return check_room(in_memory(), most,
                      "remembered transfers; start with a larger --transfers-max");
  }
  if (in_memory() <= most + tables_.options.items_in_flight_max) return {};
  return check_room(in_memory(), most, "transfers in memory; start with a larger --id-window");
}

bool StateLoader::comes_last(CutKind kind) {
  return kind != CutKind::Accounts && kind != CutKind::Transfers && kind != CutKind::FailedIds &&
         kind != CutKind::KeptTransfers && kind != CutKind::KeptIds;
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
    if (index + kAccountAhead < buffer.records) {
      const auto ahead = cut_record<CutAccount>(buffer, index + kAccountAhead);
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
  state.id = account.id;
  state.ledger = account.ledger;
  state.flags = static_cast<u16>(record.reserved);
  state.status = AccountState::status_of(account.flags);
  tables_.account_timestamps[slot] = account.timestamp;
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
    const u64 records = summary_.records[kind];
    if (comes_last(of_kind) && loaded_[kind] != records) {
      return differs(kind, loaded_[kind], records);
    }
    if (is_counted(of_kind) && counters_.records[kind] != records) {
      return differs(kind, records, counters_.records[kind]);
    }
  }
  if (counters_.first_created != summary_.first_created ||
      counters_.first_consumed != summary_.first_consumed) {
    return fail_cut("transfers begin with another number than they should");
  }
  if (counters_.kept != kept()) {
    return fail_cut("there are " + std::to_string(kept()) + " kept transfers and ids instead of " +
                    std::to_string(counters_.kept));
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
  RETURN_IF_ERROR(check_last_transfer());
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
  fill_in_window();
  books_.last_time = counters_.last_time;
  if (!planted(Defect::LoadForgetsLastTimestamps)) {
    books_.last_account_timestamp = counters_.last_account_timestamp;
    books_.last_transfer_timestamp = counters_.last_transfer_timestamp;
  }
  engine_.authoriser_.publish();
}

}  // namespace florin::engine
