// Keeps the ids in memory within the window (Limits::transfers_max): when it is nearly full, has
// the engine forget the oldest ones that history has durably, a little at a time; and says what
// becomes of requests for which there is no room.
//
// Cost: some 50 ns for each id that is forgotten, as many as are new once the window is full. Where
// one thread executes everything that is work of its own beside the disk; where workers execute,
// no block is formed until they are idle, which `retire_ids_max` ids pay for.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/limits.h"
#include "engine/engine.h"
#include "ledger/request.h"
#include "pipeline/core_status.h"
#include "pipeline/history_gate.h"

namespace florin::pipeline {

// What becomes of a request that does not fit into the window.
struct WindowFinding {
  ledger::RefusalCode refusal = ledger::RefusalCode::None;  // None: it waits for room.
  std::string message;
  friend bool operator==(const WindowFinding&, const WindowFinding&) = default;
};

// Belongs to the core thread.
class WindowDriver {
 public:
  WindowDriver(const Limits& limits, engine::Engine& engine, Clock& clock, CoreStatus& status);

  void set_gate(HistoryGate* gate) { gate_ = gate; }
  // Without history nothing ever leaves memory.
  bool follows_history() const { return gate_ != nullptr; }

  // What is going on: how many new ids the blocks in flight may have, whether a request found no
  // room, and up to where the ledger is ordered.
  struct Pressure {
    u64 in_flight = 0;
    bool starved = false;
    Position ordered;
  };
  // Between blocks. `idle`: nobody executes one, so that memory may change. Returns whether it did
  // something: forgot ids, or found otherwise.
  bool drive(const Pressure& pressure, bool idle);
  // Whether no block is to be formed until nobody executes one.
  bool wants_quiet() const;
  // Whether the last call of `drive` knew that a request found no room.
  bool knows_starved() const { return starved_; }
  // How long until those who wait are to be refused. Nanoseconds, ~0 = nobody waits.
  u64 due_in_ns() const;
  // A block was formed: what was found before it does not hold for those that come after it.
  void note_formed(u64 items) {
    items_since_ += items;
    if (finding_.refusal != ledger::RefusalCode::None) [[unlikely]]
      finding_ = WindowFinding{};
  }

  const WindowFinding& finding() const { return finding_; }

 private:
  bool is_over(u64 ids) const { return ids > limits_.transfers_max - limits_.transfers_max / 8; }
  bool is_below(u64 ids) const { return ids <= limits_.transfers_max - limits_.transfers_max / 4; }
  u64 piece() const;
  // Whether nothing could be forgotten, history is where it was then, and nothing came back from
  // it.
  bool in_vain() const {
    return in_vain_at_ && *in_vain_at_ == gate_->durable() &&
           engine_.retirable(*in_vain_at_) <= left_in_vain_;
  }
  bool is_worth_a_try() const;
  bool retire(u64 ids_max);
  void note_waiting();
  WindowFinding find_cause(const Pressure& pressure) const;

  const Limits limits_;
  engine::Engine& engine_;
  Clock& clock_;
  CoreStatus& status_;
  HistoryGate* gate_ = nullptr;
  bool retiring_ = false;  // From 7/8 of the window down to 3/4.
  bool starved_ = false;
  u64 items_since_ = 0;  // Formed since the last try to forget something; when it was in vain, ...
  std::optional<Position> in_vain_at_;  // ... how far history was then, ...
  u64 left_in_vain_ = 0;                // ... and what seemed to be retirable after it.
  // Somebody waits for history, which was there then; and since when it is, or they wait.
  std::optional<Position> waits_at_;
  u64 waits_since_ns_ = 0;
  WindowFinding finding_;
};

}  // namespace florin::pipeline
