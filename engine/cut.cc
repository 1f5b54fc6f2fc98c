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
  scope_.first_created = books_.first_created;
  scope_.end_created = books_.transfers_created;
  scope_.first_consumed = books_.first_consumed;
  scope_.end_consumed = books_.transfers_count - books_.transfers_created;
  // The core thread itself reads them next, or the one who copies, once it has seen the cut.
  scope_.created_copied.store(scope_.first_created, std::memory_order_relaxed);
  scope_.consumed_copied.store(scope_.first_consumed, std::memory_order_relaxed);
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
  count(CutKind::Transfers) = scope_.end_created - scope_.first_created;
  count(CutKind::FailedIds) = scope_.end_consumed - scope_.first_consumed;
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
  record.first_created = scope_.first_created;
  record.first_consumed = scope_.first_consumed;
  record.kept = books_.kept_count;
  record.retired_position = books_.retired_position;
  record.retired_digest = books_.retired_digest;
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
    scope_.created_copied.store(~u64{0}, std::memory_order_relaxed);
    scope_.consumed_copied.store(~u64{0}, std::memory_order_relaxed);
  }
  scope_.active.store(0, std::memory_order_relaxed);
}

}  // namespace florin::engine
