// The transfers and consumed ids: those in the lists of their order, and those that were kept.
#include <algorithm>
#include <string>

#include "base/check.h"
#include "base/int128.h"
#include "base/prefetch.h"
#include "engine/cut_reading.h"
#include "engine/planted.h"
#include "engine/state_loader.h"

namespace florin::engine {

namespace transfer_flags = ledger::transfer_flags;

namespace {

constexpr u32 kTransferAhead = 16;

}  // namespace

StateLoader::Place StateLoader::place_of(CutKind kind) const {
  switch (kind) {
    case CutKind::Transfers: return {0, summary_.first_created};
    case CutKind::FailedIds: return {records_of(CutKind::Transfers), summary_.first_consumed};
    case CutKind::KeptTransfers: return {listed(), 0};
    case CutKind::KeptIds: return {listed() + records_of(CutKind::KeptTransfers), 0};
    case CutKind::Accounts:
    case CutKind::Marks:
    case CutKind::Holds:
    case CutKind::Limits:
    case CutKind::VelocityWindows:
    case CutKind::AccountChanges:
    case CutKind::UpdateIds:
    case CutKind::Creations:
    case CutKind::Counters: break;
  }
  CHECK(false);  // It belongs to another function.
  return {};
}

Status StateLoader::load_history(const CutBuffer& buffer) {
  RETURN_IF_ERROR(check_buffer(buffer));
  const Place place = place_of(buffer.kind);
  if (buffer.records == 0) return {};
  const u64 ahead =
      buffer.first_number - place.first_number;  // Of the buffer, huge if it is before.
  const u64 room = records_of(buffer.kind);
  if (ahead > room || buffer.records > room - ahead) {
    return fail_cut("there are other transfers than there should be");
  }
  const u64 first_slot = place.first_slot + ahead;
  RETURN_IF_ERROR(claim(buffer, first_slot));
  const bool transfers = buffer.kind == CutKind::Transfers || buffer.kind == CutKind::KeptTransfers;
  for (u32 index = 0; index < buffer.records; ++index) {
    const u64 slot = first_slot + index;
    RETURN_IF_ERROR(transfers ? load_transfer(cut_record<CutTransfer>(buffer, index), slot)
                              : load_failed_id(cut_record<CutFailedId>(buffer, index), slot));
    const u64 number = buffer.first_number + index;
    if (buffer.kind == CutKind::Transfers) {
      tables_.transfers_by_creation[number] = static_cast<u32>(slot);
    } else if (buffer.kind == CutKind::FailedIds) {
      tables_.transfers_failed[number] = static_cast<u32>(slot);
    }
  }
  list_history(first_slot, first_slot + buffer.records);
  return {};
}

// No two buffers fill the same slot: whoever fills it need not ask the others.
Status StateLoader::claim(const CutBuffer& buffer, u64 first_slot) {
  Claim claim;
  claim.end = first_slot + buffer.records;
  RETURN_IF_ERROR(claim_transfers(buffer, claim));
  const std::lock_guard lock(claims_mutex_);
  const auto next = claims_.lower_bound(first_slot);
  const bool meets_next = next != claims_.end() && next->first < claim.end;
  const bool meets_previous = next != claims_.begin() && std::prev(next)->second.end > first_slot;
  if (meets_next || meets_previous) return fail_cut("some transfers are there twice");
  claims_.emplace_hint(next, first_slot, claim);
  return {};
}

Status StateLoader::claim_transfers(const CutBuffer& buffer, Claim& claim) const {
  const bool listed = buffer.kind == CutKind::Transfers;
  if (!listed && buffer.kind != CutKind::KeptTransfers) return {};
  u64 last = 0;
  for (u32 index = 0; index < buffer.records; ++index) {
    const auto record = cut_record<CutTransfer>(buffer, index);
    if (listed && record.timestamp <= last) {
      return fail_cut("transfers are not in the order of their creation");
    }
    last = std::max(last, record.timestamp);
    if ((record.flags & transfer_flags::kPending) != 0) ++claim.pending;
    if ((record.flags & transfer_flags::kReversal) != 0) ++claim.reversals;
  }
  if (!listed) {
    claim.newest_kept = last;
    return {};
  }
  claim.first_timestamp = cut_record<CutTransfer>(buffer, 0).timestamp;
  claim.last_timestamp = last;
  return {};
}

Status StateLoader::load_transfer(const CutTransfer& record, u64 slot) {
  const bool took_all = (record.flags & kCutTookAll) != 0;
  const u16 flags = record.flags & static_cast<u16>(~kCutTookAll);
  if (!is_id(record.id) || record.timestamp == 0 || (flags & ~transfer_flags::kDefined) != 0 ||
      (took_all && (flags & transfer_flags::kPostPendingTransfer) == 0)) {
    return fail_cut("transfer " + to_decimal(record.id) + " cannot be");
  }
  ledger::Transfer& transfer = tables_.transfers[slot];
  transfer = record;
  transfer.flags = flags;
  u8 state = ledger::kCreated;
  if (took_all) state |= TransferState::kTookAll;
  tables_.transfer_states[slot] = state;
  return {};
}

Status StateLoader::load_failed_id(const CutFailedId& record, u64 slot) {
  const auto outcome = ledger::transfer_outcome(record.outcome);
  if (!is_id(record.id) || !outcome || !ledger::is_transient(*outcome)) {
    return fail_cut("the failed id " + to_decimal(record.id) + " cannot be");
  }
  tables_.transfers[slot].id = record.id;
  if (!planted(Defect::LoadLosesFailedId)) tables_.transfer_states[slot] = record.outcome;
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
      if (place + 2 * kTransferAhead < count) {
        prefetch_line(&tables_.transfers[slot_at(place + 2 * kTransferAhead)]);
      }
      if (place + kTransferAhead < count) {
        const u128 ahead = tables_.transfers[slot_at(place + kTransferAhead)].id;
        tables_.transfer_index.prefetch(tables_.seed.hash(ahead));
      }
      RETURN_IF_ERROR(index_transfer(slot_at(place)));
    }
    return {};
  };
  if (parts_.size() == 1) {
    RETURN_IF_ERROR(check_claims());
    return index_all(in_memory(), [](u64 place) { return static_cast<u32>(place); });
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

// Whether transfers and ids are all there, and those listed in the order of their timestamps.
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
  if (end != in_memory()) {
    return fail_cut("transfers are missing from number " + std::to_string(end) + " on");
  }
  return {};
}

// What was pending is open, or has a mark that says how it ended; and a reversal marks the transfer
// that it reversed, while both are in memory.
Status StateLoader::check_marks() const {
  u64 pending = 0;
  u64 reversals = 0;
  for (const auto& [first, claim] : claims_) {
    pending += claim.pending;
    reversals += claim.reversals;
  }
  const bool all_in_memory = retired() == 0;
  if (pending != marks_closed_ + records_of(CutKind::Holds) ||
      (all_in_memory && reversals != marks_reversed_)) {
    return fail_cut("the marks of transfers are not those of what posted, voided or reversed them");
  }
  return {};
}

// The newest transfer is told even when it has left memory. What was kept is older than what was
// not passed over yet.
Status StateLoader::check_last_transfer() const {
  const u64 created = records_of(CutKind::Transfers);
  const u64 last = counters_.last_transfer_timestamp;
  const bool any = summary_.first_created + created != 0;
  const bool is_last = created == 0 || tables_.transfers[created - 1].timestamp == last;
  if (any != (last != 0) || !is_last) return fail_cut("the newest transfer is not there");
  const u64 bound = created == 0 ? last : tables_.transfers[0].timestamp - 1;
  for (const auto& [first, claim] : claims_) {
    if (claim.newest_kept > bound) return fail_cut("a kept transfer is newer than others");
  }
  return {};
}

void StateLoader::fill_in_window() {
  books_.first_created = summary_.first_created;
  books_.first_consumed = summary_.first_consumed;
  books_.transfers_created = summary_.first_created + records_of(CutKind::Transfers);
  books_.transfers_count = summary_.first_created + summary_.first_consumed + listed();
  books_.kept_count = kept();
  books_.retired_position = counters_.retired_position;
  if (!planted(Defect::LoadForgetsRetiredDigest)) books_.retired_digest = counters_.retired_digest;
  for (u64 slot = listed(); slot < in_memory(); ++slot) {
    books_.holds.mark(static_cast<u32>(slot)).passed_over = !planted(Defect::LoadForgetsKept);
    tables_.marked_chunks[slot / kSlotChunk] = 1;
  }
}

}  // namespace florin::engine
