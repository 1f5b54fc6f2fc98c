#include "engine/cut.h"

#include "base/check.h"

namespace florin::engine {

Status Cut::reserve() {
  RETURN_IF_ERROR(accounts_.reserve());
  return books_.cut.reserve();
}

void Cut::begin(CutBuffers& buffers) {
  CHECK(scope_.current() == 0);
  scope_.buffers = &buffers;
  scope_.last_account_timestamp = books_.last_account_timestamp;
  scope_.last_transfer_timestamp = books_.last_transfer_timestamp;
  scope_.transfers_created = books_.transfers_created;
  scope_.transfers_failed = books_.transfers_count - books_.transfers_created;
  tell_counters();
  const auto partitions = static_cast<u32>(books_.tables.partitions.size());
  scope_.parts_left.store(partitions + 2, std::memory_order_relaxed);  // The books, the history.
  ++scope_.number;
  // Release: whoever sees the cut sees what it is.
  scope_.active.store(scope_.number, std::memory_order_release);
}

void Cut::tell_counters() {
  CutCounters record{};
  const auto count = [&](CutKind kind) -> u64& { return record.records[static_cast<usize>(kind)]; };
  count(CutKind::Accounts) = books_.accounts_count;
  count(CutKind::Transfers) = books_.transfers_created;
  count(CutKind::FailedIds) = books_.transfers_count - books_.transfers_created;
  count(CutKind::Holds) = books_.holds.open_count();
  count(CutKind::Limits) = books_.limits.count();
  count(CutKind::VelocityWindows) = books_.limits.window_count();
  count(CutKind::AccountChanges) = books_.updates.changes().size();
  count(CutKind::UpdateIds) = books_.updates.consumed().size();
  count(CutKind::Creations) = books_.updates.created_with().size();
  count(CutKind::Counters) = 1;
  record.last_account_timestamp = books_.last_account_timestamp;
  record.last_transfer_timestamp = books_.last_transfer_timestamp;
  record.last_time = books_.last_time;
  CutOutput output(CutKind::Counters);
  output.begin(*scope_.buffers);
  output.make_room();
  output.add(record);
  output.hand_over();
}

void Cut::end() {
  if (!copied()) {
    accounts_.abandon();
    history_.abandon();
    books_.cut.abandon();
  }
  scope_.active.store(0, std::memory_order_relaxed);
}

}  // namespace florin::engine
