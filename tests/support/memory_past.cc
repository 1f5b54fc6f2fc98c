#include "tests/support/memory_past.h"

#include "base/check.h"

namespace florin::test {

using engine::Block;
using engine::BlockRequest;
using engine::PastTransfer;
using engine::TransferState;
using ledger::PendingStatus;
using ledger::TransferOutcome;
namespace flags = ledger::transfer_flags;

void MemoryPast::watch(const engine::Engine& engine, const Block& block) {
  const std::lock_guard lock(mutex_);
  const u64 end = block.position_after().value;
  if (end <= end_) return;
  CHECK(block.position_before.value == end_);
  u64 position = end_;
  auto expiry = block.expiries.begin();
  for (const BlockRequest& request : block.requests) {
    if (!request.request->is_logged()) continue;
    for (u32 item = request.first_item; item < request.first_item + request.item_count; ++item) {
      ++position;
      for (; expiry != block.expiries.end() && expiry->item <= item; ++expiry) {
        change(engine.tables().transfers[expiry->transfer].id, {position, PendingStatus::Expired});
      }
      if (request.operation != ledger::Operation::CreateTransfers) continue;
      const u32 slot = block.work[item].transfer;
      const u8 state = slot == engine::kNoSlot ? 0 : engine.tables().transfer_states[slot];
      watch_item(engine, block, item, position, state);
    }
  }
  CHECK(position == end && expiry == block.expiries.end());
  end_ = end;
}

void MemoryPast::watch_item(const engine::Engine& engine, const Block& block, u32 item,
                            u64 position, u8 state) {
  const ledger::Transfer& event = block.transfer(item);
  const auto outcome = static_cast<TransferOutcome>(block.outcomes[item]);
  PastTransfer decided;
  decided.position = Position{position};
  if (outcome != TransferOutcome::Created) {
    if (!ledger::is_transient(outcome)) return;
    decided.outcome = block.outcomes[item];
    decided.number = consumed_++;
    return decide(event.id, decided);
  }
  decided.transfer = engine.tables().transfers[block.work[item].transfer];
  decided.outcome = state;
  decided.number = created_++;
  if ((event.flags & flags::kPending) != 0) decided.pending_status = PendingStatus::Pending;
  decide(event.id, decided);
  if ((event.flags & flags::kReversal) != 0) {
    change(event.pending_id, {position, PendingStatus::None});
  }
  const bool took_all = (state & TransferState::kTookAll) != 0;
  if ((event.flags & flags::kVoidPendingTransfer) != 0) {
    change(event.pending_id, {position, PendingStatus::Voided});
  } else if ((event.flags & flags::kPostPendingTransfer) != 0 &&
             ((event.flags & flags::kCapturePartial) == 0 || took_all)) {
    change(event.pending_id, {position, PendingStatus::Posted});
  }
}

void MemoryPast::decide(u128 id, const PastTransfer& decided) {
  CHECK(entries_.emplace(id, Entry{decided, {}}).second);
}

void MemoryPast::change(u128 id, const Change& change) {
  entries_.at(id).changes.push_back(change);
}

u64 MemoryPast::hits() const {
  const std::lock_guard lock(mutex_);
  return hits_;
}

bool MemoryPast::may_have(u128 id) const {
  const std::lock_guard lock(mutex_);
  // Now and then of others too, as a filter does.
  return entries_.contains(id) || id % 4 == 0;
}

void MemoryPast::find(std::span<const u128> ids, Position as_of, std::span<PastTransfer> found) {
  const std::lock_guard lock(mutex_);
  CHECK(ids.size() == found.size());
  for (usize index = 0; index < ids.size(); ++index) {
    found[index] = find_one(ids[index], as_of.value);
    if (found[index].outcome != 0) ++hits_;
  }
}

PastTransfer MemoryPast::find_one(u128 id, u64 as_of) const {
  const auto entry = entries_.find(id);
  if (entry == entries_.end() || entry->second.decided.position.value > as_of) return {};
  PastTransfer result = entry->second.decided;
  for (const Change& change : entry->second.changes) {
    if (change.position > as_of) break;
    if (change.pending_status == PendingStatus::None) {
      result.reversed = true;
    } else {
      result.pending_status = change.pending_status;
    }
  }
  return result;
}

}  // namespace florin::test
