#include "replay/recovery.h"

#include <array>
#include <vector>

#include "base/int128.h"
#include "pipeline/log_record.h"

namespace florin::replay {

using ledger::Operation;
using ledger::Request;
using pipeline::RecordReader;

namespace {

constexpr u64 kReportEveryNs = 100'000'000;

// Turns the bodies of log blocks into blocks of the engine and executes them. Which requests share
// a block makes no difference to the outcome, so the log's own division is not kept.
class Executor {
 public:
  Executor(engine::Engine& engine, const Limits& capacity)
      : engine_(engine),
        capacity_(capacity),
        block_(limits_, engine.partitions()),
        requests_(limits_.block_requests_max) {
    block_.clear(++sequence_);
  }

  Status execute(const wal::Block& logged) {
    RecordReader reader(logged.body);
    const u64 before = position_;
    while (true) {
      auto entry = reader.next();
      if (!entry) return tl::unexpected<Error>(std::move(entry).error());
      if (!entry->has_value()) break;
      RETURN_IF_ERROR(add(**entry));
    }
    if (position_ - before != logged.header.event_count) {
      return fail(ErrorCode::Corrupt, "log block " + std::to_string(logged.header.sequence) +
                                          " holds " + std::to_string(position_ - before) +
                                          " events; its header says " +
                                          std::to_string(logged.header.event_count));
    }
    run();  // The events' memory is the reader's, until it reads on.
    return {};
  }

  u64 position() const { return position_; }
  u64 last_timestamp() const { return last_timestamp_; }

 private:
  Status add(const RecordReader::Entry& entry) {
    const pipeline::RequestRecord& record = entry.record;
    if (record.position_before != position_ || record.timestamp <= last_timestamp_) {
      return fail(ErrorCode::Corrupt,
                  "a logged request does not follow the one before it: "
                  "position " +
                      std::to_string(record.position_before) + ", expected " +
                      std::to_string(position_));
    }
    RETURN_IF_ERROR(check_capacity(record));
    Request probe;
    probe.operation = static_cast<Operation>(record.operation);
    probe.event_count = record.event_count;
    if (!block_.has_room_for(probe)) run();
    Request& request = requests_[block_.requests.size()];
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

  // Replay never decides by capacity: what does not fit refuses the start. With the capacity that
  // the log was written under, everything that was admitted then fits now.
  Status check_capacity(const pipeline::RequestRecord& record) {
    const auto operation = static_cast<Operation>(record.operation);
    if (operation == Operation::Tick) return {};
    const Room room = room_for(operation);
    if (room.used + added_[record.operation] + record.event_count <= room.most) return {};
    run();  // Some of what was added may have come to nothing.
    if (room_for(operation).used + record.event_count <= room.most) return {};
    return fail(ErrorCode::Capacity, "the log holds more than " + std::to_string(room.most) + " " +
                                         room.objects_and_remedy);
  }

  struct Room {
    u64 used;
    u64 most;
    const char* objects_and_remedy;
  };
  Room room_for(Operation operation) const {
    if (operation == Operation::CreateAccounts) {
      return {engine_.accounts_used(), capacity_.accounts_max,
              "accounts; start with a larger --accounts-max"};
    }
    if (operation == Operation::UpdateAccounts) {
      return {engine_.updates_used(), capacity_.account_updates_max,
              "remembered updates of accounts; start with a larger --account-updates-max"};
    }
    return {engine_.transfers_used(), capacity_.transfers_max,
            "remembered transfers; start with a larger --transfers-max"};
  }

  void run() {
    if (block_.requests.empty()) return;
    engine_.run_inline(block_);
    block_.clear(++sequence_);
    added_.fill(0);
  }

  engine::Engine& engine_;
  const Limits capacity_;
  const Limits limits_;  // Defaults: the room of a block, not of the ledger.
  engine::Block block_;
  std::vector<Request> requests_;
  u64 sequence_ = 0;
  u64 position_ = 0;
  u64 last_timestamp_ = 0;
  // Events in the block being filled, by operation.
  std::array<u64, static_cast<usize>(Operation::Tick) + 1> added_{};
};

}  // namespace

Result<Recovered> recover(storage::Storage& storage, engine::Engine& engine, Clock& clock,
                          const RecoveryOptions& options,
                          const std::function<void(const RecoveryProgress&)>& report) {
  const u64 start = clock.monotonic_ns();
  auto reader = wal::Reader::open(storage, options.log_directory, options.log_id,
                                  pipeline::kStateMachineVersion);
  if (!reader) return tl::unexpected<Error>(std::move(reader).error());
  Executor executor(engine, options.limits);
  Recovered recovered;
  u64 reported = start;
  while (true) {
    auto block = (*reader)->next();
    if (!block) return tl::unexpected<Error>(std::move(block).error());
    if (!block->has_value()) break;
    RETURN_IF_ERROR(executor.execute(**block));
    ++recovered.blocks;
    const u64 now = clock.monotonic_ns();
    if (now - reported < kReportEveryNs) continue;
    reported = now;
    report({(*reader)->bytes_read(), (*reader)->bytes_total(), executor.position()});
  }
  recovered.end = (*reader)->end();
  recovered.order = {Position{executor.position()}, executor.last_timestamp()};
  recovered.events = executor.position();
  recovered.torn_tail = (*reader)->torn_tail();
  recovered.duration_ns = clock.monotonic_ns() - start;
  return recovered;
}

}  // namespace florin::replay
