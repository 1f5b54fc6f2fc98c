#include "engine/account_cut.h"

#include "base/prefetch.h"
#include "engine/planted.h"

namespace florin::engine {

namespace {

// Of an account in memory: two cache lines, and the line of its state.
constexpr usize kCopyAhead = 12;
constexpr u32 kSaveAhead = 12;

// The first virtual slot of a partition; of the one behind the last: their number.
u32 first_virtual_slot(u32 partition, u32 partitions) {
  return (partition * kVirtualSlots + partitions - 1) / partitions;
}

bool moves_on_its_own(const Block& block, u32 item) {
  return block.outcomes[item] == ledger::kCreated &&
         (block.work[item].flags & ledger::transfer_flags::kResolves) == 0;
}

}  // namespace

AccountCut::AccountCut(Tables& tables, CutScope& scope) : tables_(tables), scope_(scope) {
  for (usize count = 0; count < tables.partitions.size(); ++count) {
    parts_.push_back(std::make_unique<Part>());
  }
}

void AccountCut::join(Part& part, u32 partition, u32 cut) {
  const auto partitions = static_cast<u32>(parts_.size());
  part.joined = cut;
  part.next_virtual_slot = first_virtual_slot(partition, partitions);
  part.end_virtual_slot = first_virtual_slot(partition + 1, partitions);
  part.slots.clear();
  part.next = 0;
  part.in_order.begin(*scope_.buffers, part.next_virtual_slot, part.next_virtual_slot);
  part.before_change.begin(*scope_.buffers, part.next_virtual_slot, part.end_virtual_slot - 1);
}

bool AccountCut::in_cut(u32 slot) const {
  const u64 timestamp = tables_.accounts[slot].timestamp;
  if (timestamp == 0) return false;  // Reserved, or of nobody.
  return timestamp <= scope_.last_account_timestamp || planted(Defect::CutTakesLaterAccount);
}

CutAccount AccountCut::record_of(u32 slot) const {
  CutAccount record = tables_.accounts[slot];
  // Not the owner's, but it never changes once the account is created.
  if (!planted(Defect::CutForgetsCreationFlags)) {
    record.reserved = tables_.account_states[slot].flags;
  } else {
    record.reserved = record.flags;
  }
  return record;
}

usize AccountCut::copy(u32 partition, u64 bytes_max) {
  const u32 cut = scope_.current();
  Part& part = *parts_[partition];
  if (cut == 0 || part.finished == cut) return 0;
  if (part.joined != cut) join(part, partition, cut);
  usize bytes = 0;
  while (bytes < bytes_max) {
    if (part.next == part.slots.size()) {
      if (part.next_virtual_slot == part.end_virtual_slot) {
        part.in_order.hand_over();
        part.before_change.hand_over();
        part.finished = cut;
        scope_.part_done();
        return bytes;
      }
      enter_next_virtual_slot(part);
      bytes += kBytesPerLook * (part.slots.size() + 1);
      continue;
    }
    const u32 slot = part.slots[part.next];
    prefetch(part);
    if (!copied_.has(slot, cut) && in_cut(slot)) {
      if (!part.in_order.has_room()) {
        part.before_change.hand_over();  // Who waits must not keep what others wait for.
        return bytes;
      }
      part.in_order.add(record_of(slot));
      copied_.set(slot, cut);
      bytes += sizeof(CutAccount);
    }
    ++part.next;
    bytes += kBytesPerLook;
  }
  return bytes;
}

// Accounts may come and go in the index while its list is worked on, but not those of the cut.
void AccountCut::enter_next_virtual_slot(Part& part) {
  const u32 virtual_slot = part.next_virtual_slot++;
  part.slots.clear();
  part.next = 0;
  tables_.account_index.for_each(virtual_slot, [&](u32 slot) { part.slots.push_back(slot); });
  part.in_order.reach(virtual_slot);
}

void AccountCut::prefetch(const Part& part) const {
  if (part.next + kCopyAhead >= part.slots.size()) return;
  const u32 slot = part.slots[part.next + kCopyAhead];
  prefetch_object(tables_.accounts[slot]);
  prefetch_line(&tables_.account_states[slot].flags);
}

void AccountCut::save(u32 slot, Part& part, u32 cut) {
  if (part.finished == cut || planted(Defect::CutForgetsAccount)) return;
  copied_.set(slot, cut);
  if (!in_cut(slot)) return;
  part.before_change.make_room();
  part.before_change.add(record_of(slot));
}

// Calls visit(slot) for what the whole block changes of accounts that exist.
template <class Visit>
void AccountCut::for_each_change(Block& block, Visit&& visit) {
  const u32 cut = scope_.current();
  const auto fetch = [&](u32 slot) {
    if (copied_.has(slot, cut)) return;
    prefetch_object(tables_.accounts[slot]);
  };
  for (const BlockRequest& request : block.requests) {
    if (request.operation != ledger::Operation::CreateTransfers) continue;
    const u32 last = request.first_item + request.item_count;
    for (u32 item = request.first_item; item < last; ++item) {
      const u32 ahead = item + kSaveAhead;
      if (ahead < last && moves_on_its_own(block, ahead)) {
        fetch(block.work[ahead].debit);
        fetch(block.work[ahead].credit);
      }
      if (!moves_on_its_own(block, item)) continue;
      visit(block.work[item].debit);
      visit(block.work[item].credit);
    }
  }
  for (const Effect& effect : block.effects(0)) visit(effect.account);
}

void AccountCut::before_post_all(Block& block) {
  const u32 cut = scope_.current();
  if (cut == 0 || all_finished(cut)) return;
  const auto partitions = static_cast<u32>(parts_.size());
  for (u32 partition = 0; partition < partitions; ++partition) {
    if (parts_[partition]->joined != cut) join(*parts_[partition], partition, cut);
  }
  for_each_change(block, [&](u32 slot) {
    if (copied_.has(slot, cut)) return;
    const u32 partition =
        partitions == 1 ? 0 : partition_of(virtual_slot(tables_.accounts[slot].id), partitions);
    save(slot, *parts_[partition], cut);
  });
}

bool AccountCut::all_finished(u32 cut) const {
  for (const auto& part : parts_) {
    if (part->finished != cut) return false;
  }
  return true;
}

void AccountCut::before_post(Block& block, u32 partition, u32 slices) {
  const u32 cut = scope_.current();
  Part& part = *parts_[partition];
  if (cut == 0 || part.finished == cut) return;
  if (part.joined != cut) join(part, partition, cut);
  const auto save_once = [&](u32 slot) {
    if (!copied_.has(slot, cut)) save(slot, part, cut);
  };
  for (u32 slice = 0; slice < slices; ++slice) {
    for (const RoleEntry& entry : block.roles(slice, partition).debits) {
      if (moves_on_its_own(block, entry.item)) save_once(block.work[entry.item].debit);
    }
    for (const RoleEntry& entry : block.roles(slice, partition).credits) {
      if (moves_on_its_own(block, entry.item)) save_once(block.work[entry.item].credit);
    }
  }
  for (const Effect& effect : block.effects(partition)) save_once(effect.account);
}

void AccountCut::abandon() {
  for (const auto& part : parts_) {
    part->in_order.drop();
    part->before_change.drop();
    part->finished = part->joined;
  }
}

}  // namespace florin::engine
