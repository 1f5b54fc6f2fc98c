#include "engine/resolver.h"

#include <algorithm>
#include <array>

#include <immintrin.h>

#include "base/prefetch.h"
#include "engine/planted.h"
#include "ledger/validation.h"

namespace florin::engine {

using ledger::AccountOutcome;
using ledger::Operation;
using ledger::Transfer;
using ledger::TransferOutcome;
namespace transfer_flags = ledger::transfer_flags;

namespace {

// How many items ahead of its use an index entry, then a record, is fetched into the cache. Misses
// of about 100 ns against 20-30 ns of work an item.
constexpr u32 kIndexAhead = 16;
constexpr u32 kRecordAhead = 8;
constexpr u32 kHashRing = 32;  // More than kIndexAhead; a power of two.

constexpr ItemWork kUnresolved = {kNoSlot, kNoSlot, kNoSlot, 0, false, 0};

template <class Outcome>
bool looks_up(Outcome shape) {
  return shape == Outcome::Undecided || !ledger::precedes_exists(shape);
}

// Whether the event's own account ids are those that it acts on: a post or void has its hold's.
bool names_accounts(const ItemWork& work) { return (work.flags & transfer_flags::kResolves) == 0; }

bool names_earlier(const ItemWork& work, const Transfer& transfer) {
  return (work.flags & transfer_flags::kNamesEarlier) != 0 && transfer.pending_id != 0 &&
         transfer.pending_id != kU128Max && transfer.pending_id != transfer.id;
}

ledger::ShapeContext shape_context(const BlockRequest& request) {
  return {request.imported, request.timestamp};
}

// A record is written once, and seldom read soon: past the cache, its memory is not fetched first,
// and nothing that is needed leaves the cache for it. Others see it after the fence.
inline void write_past_cache(Transfer& record, const Transfer& event, u64 timestamp) {
  const auto* const from = reinterpret_cast<const __m128i*>(&event);
  auto* const to = reinterpret_cast<__m128i*>(&record);
  for (u32 index = 0; index < 7; ++index)
    _mm_stream_si128(to + index, _mm_load_si128(from + index));
  const __m128i last = _mm_load_si128(from + 7);
  _mm_stream_si128(to + 7, _mm_insert_epi64(last, static_cast<long long>(timestamp), 1));
}

// Walks the requests of a block along with ascending items.
class RequestCursor {
 public:
  explicit RequestCursor(const Block& block) : block_(block) {}
  const BlockRequest& at(u32 item) {
    while (item >= block_.requests[index_].first_item + block_.requests[index_].item_count) {
      ++index_;
    }
    return block_.requests[index_];
  }

 private:
  const Block& block_;
  usize index_ = 0;
};

}  // namespace

void Resolver::resolve_all(Block& block) {
  const auto count = static_cast<u32>(block.requests.size());
  for (u32 index = 0; index < count;) {
    const BlockRequest& request = block.requests[index];
    switch (request.operation) {
      case Operation::CreateTransfers: {
        u32 end = index + 1;
        while (end < count && block.requests[end].operation == Operation::CreateTransfers) ++end;
        resolve_transfers(block, index, end);
        index = end;
        continue;
      }
      case Operation::CreateAccounts: resolve_accounts(block, request); break;
      case Operation::UpdateAccounts: resolve_updates(block, request); break;
      case Operation::LookupAccounts:
      case Operation::LookupTransfers:
      case Operation::LookupLimits: resolve_reads(block, request); break;
      case Operation::GetTrialBalance:
      case Operation::QueryAccounts:
      case Operation::QueryTransfers:
      case Operation::GetAccountChanges:
      case Operation::GetAccountTransfers:
      case Operation::GetAccountBalances:
      case Operation::GetBalanceAt:
      case Operation::GetChangeEvents:
      case Operation::GetStatement:
      case Operation::Tick: break;
    }
    ++index;
  }
  recall(block, 0);
}

// A software pipeline over the items: hash and fetch index entries; find candidates and fetch their
// records; confirm. Nothing in here changes the account index, so accounts may be looked up ahead;
// ids are found or reserved strictly in order.
void Resolver::resolve_transfers(Block& block, u32 first_request, u32 last_request) {
  const u32 first = block.requests[first_request].first_item;
  const BlockRequest& last_one = block.requests[last_request - 1];
  const u32 last = last_one.first_item + last_one.item_count;
  std::array<TransferHashes, kHashRing> ring;
  RequestCursor hashed(block);
  RequestCursor located(block);
  for (u32 step = first; step < last + kIndexAhead; ++step) {
    if (step < last) hash_transfer(block, step, hashed.at(step), ring[step % kHashRing]);
    if (step >= first + kRecordAhead && step - kRecordAhead < last) {
      const u32 item = step - kRecordAhead;
      find_candidates(block, item, located.at(item), ring[item % kHashRing]);
    }
    if (step >= first + kIndexAhead) {
      const u32 item = step - kIndexAhead;
      confirm_candidates(block, item, ring[item % kHashRing]);
    }
  }
  _mm_sfence();
}

inline void Resolver::hash_transfer(Block& block, u32 item, const BlockRequest& request,
                                    TransferHashes& hashes) {
  const Transfer& transfer = block.transfer(item);
  ItemWork& work = block.work[item];
  work = kUnresolved;
  work.flags = transfer.flags;
  work.shape = static_cast<u8>(ledger::check_shape(transfer, shape_context(request)));
  hashes.id = tables_.seed.hash(transfer.id);
  tables_.transfer_index.prefetch(hashes.id);
  if (names_accounts(work)) [[likely]] {
    hashes.debit = tables_.seed.hash(transfer.debit_account_id);
    hashes.credit = tables_.seed.hash(transfer.credit_account_id);
    tables_.account_index.prefetch(hashes.debit);
    tables_.account_index.prefetch(hashes.credit);
  }
  if ((work.flags & transfer_flags::kNamesEarlier) == 0) [[likely]]
    return;
  block.earlier[item] = kNoSlot;
  if (!names_earlier(work, transfer)) return;
  hashes.earlier = tables_.seed.hash(transfer.pending_id);
  tables_.transfer_index.prefetch(hashes.earlier);
}

inline void Resolver::find_candidates(Block& block, u32 item, const BlockRequest& request,
                                      const TransferHashes& hashes) {
  ItemWork& work = block.work[item];
  if (names_accounts(work)) [[likely]] {
    const Transfer& transfer = block.transfer(item);
    work.debit = tables_.account_candidate(hashes.debit, transfer.debit_account_id);
    work.credit = tables_.account_candidate(hashes.credit, transfer.credit_account_id);
  }
  if (!looks_up(static_cast<TransferOutcome>(work.shape))) return;
  locate_transfer(block, item, hashes.id, request, 0);
  if (!names_earlier(work, block.transfer(item))) [[likely]]
    return;
  const u32 earlier = tables_.transfer_index.first_candidate(hashes.earlier);
  block.earlier[item] = earlier;
  if (earlier != kNoSlot) prefetch_line(&tables_.transfers[earlier]);
}

inline void Resolver::confirm_candidates(Block& block, u32 item, const TransferHashes& hashes) {
  const Transfer& transfer = block.transfer(item);
  ItemWork& work = block.work[item];
  if (names_earlier(work, transfer) && looks_up(static_cast<TransferOutcome>(work.shape))) {
    confirm_earlier(block, item, hashes.earlier, 0);
  }
}

// It may find what a later item has reserved meanwhile, which is not there when it is decided.
void Resolver::confirm_earlier(Block& block, u32 item, IdHash hash, u32 list) {
  const u32 candidate = block.earlier[item];
  if (candidate == kNoSlot || tables_.transfers[candidate].id != block.transfer(item).pending_id) {
    find_earlier(block, item, hash, list);
  }
}

void Resolver::find_earlier(Block& block, u32 item, IdHash hash, u32 list) {
  const u128 id = block.transfer(item).pending_id;
  block.earlier[item] = tables_.find_transfer(hash, id);
  if (block.earlier[item] == kNoSlot) want(list, id, hash, item, Named::Earlier);
}

void Resolver::locate_transfer(Block& block, u32 item, IdHash hash, const BlockRequest& request,
                               u32 list) {
  const Transfer& transfer = block.transfer(item);
  ItemWork& work = block.work[item];
  work.transfer = tables_.find_transfer(hash, transfer.id);
  // An event that its shape refuses consumes nothing: it is only compared with what is there.
  const bool may_consume = work.shape == static_cast<u8>(TransferOutcome::Undecided);
  if (work.transfer == kNoSlot) {
    want(list, transfer.id, hash, item, may_consume ? Named::Reserved : Named::Refused);
    if (!may_consume) return;
    work.transfer = tables_.partition_of(hash).transfer_slots.take();
    work.reserved = true;
    write_past_cache(tables_.transfers[work.transfer], transfer,
                     stored_timestamp(transfer, request.imported, request.timestamp_of(item)));
    tables_.transfer_index.insert(hash, work.transfer);
  }
  tables_.transfer_references[work.transfer] = block.stamp(item);
}

// Those with a slot of their own come first: others may name them as earlier ones.
void Resolver::recall(Block& block, u32 list) {
  Recalls& recalls = recalls_[list];
  if (recalls.wanted.empty()) [[likely]]
    return;
  recalls.ids.clear();
  for (const Recall& wanted : recalls.wanted) recalls.ids.push_back(wanted.id);
  recalls.found.assign(recalls.ids.size(), PastTransfer{});
  past_->find(recalls.ids, block.position_before, recalls.found);
  for (const bool reserved : {true, false}) {
    for (usize index = 0; index < recalls.wanted.size(); ++index) {
      const Recall& wanted = recalls.wanted[index];
      if ((wanted.named == Named::Reserved) != reserved) continue;
      if (recalls.found[index].outcome != 0) take_back(block, list, wanted, recalls.found[index]);
    }
  }
  recalls.wanted.clear();
}

u32 Resolver::slot_for(Block& block, const Recall& wanted) {
  ItemWork& work = block.work[wanted.item];
  if (wanted.named == Named::Reserved) {
    work.reserved = false;  // The slot is going to hold another event.
    return work.transfer;
  }
  if (planted(Defect::WindowForgetsEarlier) && wanted.named == Named::Earlier) return kNoSlot;
  if (planted(Defect::WindowForgetsRefused) && wanted.named == Named::Refused) return kNoSlot;
  u32& slot = wanted.named == Named::Refused ? work.transfer : block.earlier[wanted.item];
  slot = tables_.find_transfer(wanted.hash, wanted.id);
  if (slot != kNoSlot) return kNoSlot;
  slot = tables_.partition_of(wanted.hash).transfer_slots.take();
  tables_.transfer_index.insert(wanted.hash, slot);
  tables_.transfer_references[slot] = block.stamp(wanted.item);
  return slot;
}

// The owner writes the record, the authoriser the rest.
void Resolver::take_back(Block& block, u32 list, const Recall& wanted, const PastTransfer& found) {
  const u32 slot = slot_for(block, wanted);
  if (slot == kNoSlot) return;
  Transfer& record = tables_.transfers[slot];
  record = found.transfer;
  record.id = wanted.id;  // Of a consumed id there is nothing else.
  block.revived(list).push_back(
      {found.number, slot, found.outcome, found.pending_status, found.reversed});
}

void Resolver::locate_new_account(Block& block, u32 item, IdHash hash) {
  const ledger::Account& account = block.account(item);
  ItemWork& work = block.work[item];
  work.debit = tables_.find_account(hash, account.id);
  const bool may_create = work.shape == static_cast<u8>(AccountOutcome::Undecided);
  if (work.debit == kNoSlot) {
    if (!may_create) return;
    work.debit = tables_.partition_of(hash).account_slots.take();
    work.reserved = true;
    tables_.accounts[work.debit] = account;
    tables_.accounts[work.debit].timestamp = 0;  // An imported one brings its own.
    tables_.account_index.insert(hash, work.debit);
  }
  tables_.account_references[work.debit] = block.stamp(item);
}

void Resolver::resolve_accounts(Block& block, const BlockRequest& request) {
  for (u32 item = request.first_item; item < request.first_item + request.item_count; ++item) {
    const ledger::Account& account = block.account(item);
    const AccountOutcome shape = ledger::check_shape(account, shape_context(request));
    block.work[item] = kUnresolved;
    block.work[item].shape = static_cast<u8>(shape);
    if (looks_up(shape)) locate_new_account(block, item, tables_.seed.hash(account.id));
  }
}

void Resolver::resolve_updates(Block& block, const BlockRequest& request) {
  for (u32 item = request.first_item; item < request.first_item + request.item_count; ++item) {
    const ledger::AccountUpdate& update = block.update(item);
    block.work[item] = kUnresolved;
    block.work[item].shape = static_cast<u8>(ledger::check_shape(update, shape_context(request)));
    block.work[item].debit =
        tables_.find_account(tables_.seed.hash(update.account_id), update.account_id);
  }
}

void Resolver::resolve_reads(Block& block, const BlockRequest& request) {
  const bool transfers = request.operation == Operation::LookupTransfers;
  const u32 last = request.first_item + request.item_count;
  for (u32 item = request.first_item; item < last; ++item) {
    const IdIndex& index = transfers ? tables_.transfer_index : tables_.account_index;
    if (item + kIndexAhead < last) {
      index.prefetch(tables_.seed.hash(block.id(item + kIndexAhead)));
    }
    const IdHash hash = tables_.seed.hash(block.id(item));
    block.work[item] = kUnresolved;
    if (transfers) {
      block.work[item].transfer = tables_.find_transfer(hash, block.id(item));
    } else {
      block.work[item].debit = tables_.find_account(hash, block.id(item));
    }
  }
}

void Resolver::route(Block& block, u32 slice, u32 slices) {
  const auto partitions = static_cast<u32>(tables_.partitions.size());
  for (u32 partition = 0; partition < partitions; ++partition) {
    block.roles(slice, partition).clear();
  }
  const u32 first = static_cast<u32>(u64{block.item_count()} * slice / slices);
  const u32 last = static_cast<u32>(u64{block.item_count()} * (slice + 1) / slices);
  for (const BlockRequest& request : block.requests) {
    const u32 from = std::max(first, request.first_item);
    const u32 to = std::min(last, request.first_item + request.item_count);
    if (from < to) route_request(block, request, slice, from, to);
  }
}

void Resolver::route_request(Block& block, const BlockRequest& request, u32 slice, u32 first,
                             u32 last) {
  for (u32 item = first; item < last; ++item) {
    ItemWork& work = block.work[item];
    work = kUnresolved;
    switch (request.operation) {
      case Operation::CreateTransfers: route_transfer(block, request, slice, item); break;
      case Operation::CreateAccounts: {
        const AccountOutcome shape =
            ledger::check_shape(block.account(item), shape_context(request));
        work.shape = static_cast<u8>(shape);
        if (looks_up(shape)) {
          add_role(block, slice, item, Role::NewAccount, block.account(item).id);
        }
        break;
      }
      case Operation::UpdateAccounts:
        work.shape =
            static_cast<u8>(ledger::check_shape(block.update(item), shape_context(request)));
        add_role(block, slice, item, Role::FindAccount, block.update(item).account_id);
        break;
      case Operation::LookupLimits:
        add_role(block, slice, item, Role::FindAccount, block.id(item));
        break;
      case Operation::LookupAccounts:
        add_role(block, slice, item, Role::ReadAccount, block.id(item));
        break;
      case Operation::LookupTransfers:
        add_role(block, slice, item, Role::ReadTransfer, block.id(item));
        break;
      case Operation::GetTrialBalance:
      case Operation::QueryAccounts:
      case Operation::QueryTransfers:
      case Operation::GetAccountChanges:
      case Operation::GetAccountTransfers:
      case Operation::GetAccountBalances:
      case Operation::GetBalanceAt:
      case Operation::GetChangeEvents:
      case Operation::GetStatement:
      case Operation::Tick: break;
    }
  }
}

void Resolver::route_transfer(Block& block, const BlockRequest& request, u32 slice, u32 item) {
  const Transfer& transfer = block.transfer(item);
  ItemWork& work = block.work[item];
  const TransferOutcome shape = ledger::check_shape(transfer, shape_context(request));
  work.flags = transfer.flags;
  work.shape = static_cast<u8>(shape);
  block.earlier[item] = kNoSlot;
  if (names_accounts(work)) {
    add_role(block, slice, item, Role::Debit, transfer.debit_account_id);
    add_role(block, slice, item, Role::Credit, transfer.credit_account_id);
  }
  if (!looks_up(shape)) return;
  add_role(block, slice, item, Role::TransferId, transfer.id);
  if (names_earlier(work, transfer)) {
    add_role(block, slice, item, Role::EarlierTransfer, transfer.pending_id);
  }
}

inline RoleLists& Resolver::roles_of(Block& block, u32 slice, IdHash hash) const {
  const auto partitions = static_cast<u32>(tables_.partitions.size());
  return block.roles(slice, engine::partition_of(hash.virtual_slot, partitions));
}

inline void Resolver::add_role(Block& block, u32 slice, u32 item, Role role, u128 id) {
  const IdHash hash = tables_.seed.hash(id);
  RoleLists& lists = roles_of(block, slice, hash);
  std::vector<RoleEntry>& list = role == Role::Debit    ? lists.debits
                                 : role == Role::Credit ? lists.credits
                                                        : lists.others;
  list.push_back({item, hash.tag, static_cast<u16>(hash.virtual_slot), role});
}

template <u32 ItemWork::*kSlot, u128 Transfer::*kId>
void Resolver::resolve_sides(Block& block, const std::vector<RoleEntry>& entries) const {
  const RoleEntry* const end = entries.data() + entries.size();
  for (const RoleEntry* entry = entries.data(); entry != end; ++entry) {
    if (end - entry > kIndexAhead) {
      tables_.account_index.prefetch({entry[kIndexAhead].virtual_slot, entry[kIndexAhead].tag});
    }
    block.work[entry->item].*kSlot = tables_.account_candidate({entry->virtual_slot, entry->tag},
                                                               block.transfer(entry->item).*kId);
  }
}

void Resolver::resolve_partition(Block& block, u32 partition, u32 slices) {
  RequestCursor cursor(block);
  for (u32 slice = 0; slice < slices; ++slice) {
    const RoleLists& lists = block.roles(slice, partition);
    const std::vector<RoleEntry>& entries = lists.others;
    for (usize index = 0; index < entries.size(); ++index) {
      if (index + kIndexAhead < entries.size()) {
        const RoleEntry& ahead = entries[index + kIndexAhead];
        const bool transfer = ahead.role == Role::TransferId || ahead.role == Role::ReadTransfer ||
                              ahead.role == Role::EarlierTransfer;
        (transfer ? tables_.transfer_index : tables_.account_index)
            .prefetch({ahead.virtual_slot, ahead.tag});
      }
      resolve_entry(block, entries[index], cursor.at(entries[index].item), partition);
    }
    // Behind the accounts that the slice creates: those that come later do not exist when it is
    // decided.
    resolve_sides<&ItemWork::debit, &Transfer::debit_account_id>(block, lists.debits);
    resolve_sides<&ItemWork::credit, &Transfer::credit_account_id>(block, lists.credits);
  }
  recall(block, partition);
  _mm_sfence();  // The records were written past the cache: others see them after it.
}

void Resolver::resolve_entry(Block& block, const RoleEntry& entry, const BlockRequest& request,
                             u32 partition) {
  const IdHash hash{entry.virtual_slot, entry.tag};
  ItemWork& work = block.work[entry.item];
  switch (entry.role) {
    case Role::TransferId: locate_transfer(block, entry.item, hash, request, partition); break;
    case Role::EarlierTransfer: find_earlier(block, entry.item, hash, partition); break;
    case Role::NewAccount: locate_new_account(block, entry.item, hash); break;
    case Role::FindAccount: {
      const bool update = request.operation == Operation::UpdateAccounts;
      work.debit = tables_.find_account(
          hash, update ? block.update(entry.item).account_id : block.id(entry.item));
      break;
    }
    case Role::ReadAccount: work.debit = tables_.find_account(hash, block.id(entry.item)); break;
    case Role::ReadTransfer:
      work.transfer = tables_.find_transfer(hash, block.id(entry.item));
      break;
    case Role::Debit:
    case Role::Credit: break;  // In lists of their own.
  }
}

}  // namespace florin::engine
