// Executes what the log holds, block by block, in an engine that stands where the log stands.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <optional>

#include "base/limits.h"
#include "base/result.h"
#include "base/types.h"
#include "engine/block.h"
#include "engine/engine.h"
#include "ledger/operation.h"
#include "pipeline/log_record.h"
#include "pipeline/outcome_record.h"
#include "pipeline/sequencer.h"
#include "wal/reader.h"

namespace florin::replay {

// Where to stop, between two requests: before the first one that has an event beyond either. The
// default is never.
struct Until {
  Position position{~u64{0}};
  Timestamp time{~u64{0}};

  // Whether it lies before the last event of the request.
  bool is_before_end_of(const pipeline::RequestRecord& record) const {
    return record.position_before + record.event_count > position.value ||
           record.timestamp + record.event_count - 1 > time.ns;
  }
};

// What the engine holds: the default is nothing.
struct ExecutorStart {
  pipeline::OrderState order;
  u64 log_sequence = 0;  // Of the last log block in it: outcomes of that and earlier ones may still
                         // come, and cannot be compared.
  // With history: up to where it is durable, so that the engine's Past has it all, and it may leave
  // memory.
  std::optional<Position> history_durable;
};

// Belongs to one thread, as does the engine while it executes.
class Executor {
 public:
  // `capacity` is what the log must fit.
  Executor(engine::Engine& engine, const Limits& capacity, const ExecutorStart& start = {});

  // Executes a block of the log: the next, as the reader gave it. Corrupt when its body is not what
  // this version writes, or its outcomes are not those that the log has for it; Capacity when it
  // does not fit. An error is final: the engine is then of no use.
  Status execute(const wal::Block& logged, const Until& until = {});

  // Whether the last call stopped before the end of its block.
  bool stopped() const { return stopped_; }
  Position position() const { return Position{position_}; }
  u64 last_timestamp() const { return last_timestamp_; }
  pipeline::OrderState order() const { return {position(), last_timestamp_}; }
  // Log blocks whose outcomes were compared with those in the log, and were the same.
  u64 blocks_compared() const { return check_.blocks_checked(); }
  // At the end of the log: the outcomes that it does not have yet.
  pipeline::OutcomeQueue take_unlogged_outcomes() { return check_.take_unlogged(); }

 private:
  // What an object costs of which capacity.
  struct Room {
    u64 used;
    u64 most;
    const char* objects_and_remedy;
  };

  Status add(const pipeline::RecordReader::Entry& entry);
  Status check_order(const pipeline::RequestRecord& record) const;
  Status check_capacity(const pipeline::RequestRecord& record);
  Room room_for(ledger::Operation operation) const;
  void run();
  void retire(u64 transfers_most);

  engine::Engine& engine_;
  const Limits capacity_;
  const Limits limits_;  // Defaults: the room of a block, not of the ledger.
  const std::optional<Position> history_durable_;
  engine::Block block_;
  std::deque<ledger::Request> requests_;  // Of the largest block so far; they stay where they are.
  pipeline::OutcomeComposer composer_;
  pipeline::OutcomeCheck check_;
  u64 sequence_ = 0;  // Of blocks of the engine.
  u64 position_ = 0;
  u64 last_timestamp_ = 0;
  bool stopped_ = false;
  // Events in the block being filled, by operation.
  std::array<u64, static_cast<usize>(ledger::Operation::Tick) + 1> added_{};
};

}  // namespace florin::replay
