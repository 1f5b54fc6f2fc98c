// From the bodies of log blocks to blocks of the engine.
#include "replay/executor.h"

#include <algorithm>

#include <fmt/core.h>

namespace florin::replay {

using ledger::Operation;
using ledger::Request;
using pipeline::RecordReader;
using pipeline::RequestRecord;

Executor::Executor(engine::Engine& engine, const Limits& capacity, const ExecutorStart& start)
    : engine_(engine),
      capacity_(capacity),
      history_durable_(start.history_durable),
      block_(limits_, engine.partitions()),
      composer_(engine.tables(), true),
      check_(start.log_sequence),
      position_(start.order.position.value),
      last_timestamp_(start.order.last_timestamp) {
  block_.clear(++sequence_);
}

Status Executor::execute(const wal::Block& logged, const Until& until) {
  RecordReader reader(logged.body);
  const u64 before = position_;
  stopped_ = false;
  composer_.begin(logged.header.sequence, Position{before});
  while (true) {
    const auto entry = reader.next();
    RETURN_IF_ERROR(entry);
    if (!entry->has_value()) break;
    stopped_ = until.is_before_end_of((**entry).record);
    if (stopped_) break;
    RETURN_IF_ERROR(add(**entry));
  }
  run();  // The events' memory is the reader's, until it reads on.
  for (const pipeline::OutcomePart& part : reader.outcomes()) RETURN_IF_ERROR(check_.check(part));
  if (stopped_) return {};
  if (position_ - before != logged.header.event_count) {
    return fail(ErrorCode::Corrupt,
                fmt::format("log block {} holds {} events; its header says {}",
                            logged.header.sequence, position_ - before, logged.header.event_count));
  }
  if (logged.header.event_count != 0) check_.expect(composer_.finish());
  return {};
}

Status Executor::check_order(const RequestRecord& record) const {
  if (record.position_before == position_ && record.timestamp > last_timestamp_) return {};
  return fail(ErrorCode::Corrupt,
              fmt::format("a logged request does not follow the one before it: its position is {} "
                          "and its time {}, expected position {} and a time after {}",
                          record.position_before, record.timestamp, position_, last_timestamp_));
}

// The block's own division of requests into blocks makes no difference to the outcome.
Status Executor::add(const RecordReader::Entry& entry) {
  const RequestRecord& record = entry.record;
  RETURN_IF_ERROR(check_order(record));
  RETURN_IF_ERROR(check_capacity(record));
  Request probe;
  probe.operation = static_cast<Operation>(record.operation);
  probe.event_count = record.event_count;
  if (!block_.has_room_for(probe)) run();
  if (block_.requests.empty()) block_.position_before = Position{position_};
  const usize index = block_.requests.size();
  if (index == requests_.size()) requests_.emplace_back();
  Request& request = requests_[index];
  request.clear_answer();
  request.operation = probe.operation;
  request.event_count = record.event_count;
  request.events = entry.events;
  request.conditions = entry.conditions;
  request.condition_count = record.condition_count;
  request.principal = record.principal;
  request.trace_id = record.trace_id;
  block_.add(&request, record.timestamp);
  position_ += record.event_count;
  last_timestamp_ = record.timestamp + record.event_count - 1;
  added_[record.operation] += record.event_count;
  return {};
}

// Replay never decides by capacity: what does not fit refuses the start. With the capacity that the
// log was written under, everything that was admitted then fits now.
Status Executor::check_capacity(const RequestRecord& record) {
  const auto operation = static_cast<Operation>(record.operation);
  if (operation == Operation::Tick) return {};
  const Room room = room_for(operation);
  if (room.used + added_[record.operation] + record.event_count <= room.most) return {};
  run();  // Some of what was added may have come to nothing.
  retire(capacity_.transfers_max - std::min<u64>(record.event_count, capacity_.transfers_max));
  if (room_for(operation).used + record.event_count <= room.most) return {};
  return fail(ErrorCode::Capacity,
              fmt::format("the log holds more than {} {}", room.most, room.objects_and_remedy));
}

Executor::Room Executor::room_for(Operation operation) const {
  if (operation == Operation::CreateAccounts) {
    return {engine_.accounts_used(), capacity_.accounts_max,
            "accounts; start with a larger --accounts-max"};
  }
  if (operation == Operation::UpdateAccounts) {
    return {engine_.updates_used(), capacity_.account_updates_max,
            "remembered updates of accounts; start with a larger --account-updates-max"};
  }
  if (history_durable_) {
    return {engine_.transfers_in_memory(), capacity_.transfers_max,
            "ids at once that history does not have durably, or that belong to open holds; start "
            "with a larger --id-window"};
  }
  return {engine_.transfers_in_memory(), capacity_.transfers_max,
          "remembered transfers; start with a larger --transfers-max"};
}

void Executor::run() {
  if (block_.requests.empty()) return;
  engine_.run_inline(block_);
  composer_.add(block_);
  block_.clear(++sequence_);
  added_.fill(0);
  const u64 most = capacity_.transfers_max;
  if (engine_.transfers_in_memory() > most - most / 8) retire(most - most / 4);
}

// The oldest ids leave memory until so many are left, or none that may. No request is in the block.
void Executor::retire(u64 transfers_most) {
  constexpr u64 kAtOnce = 64 * 1024;
  if (!history_durable_) return;
  while (engine_.transfers_in_memory() > transfers_most) {
    const u64 retirable = engine_.retirable(*history_durable_);
    const u64 retired = engine_.retire(*history_durable_, kAtOnce);
    // It may also have met nothing but open holds.
    if (retired == 0 && engine_.retirable(*history_durable_) >= retirable) return;
  }
}

}  // namespace florin::replay
