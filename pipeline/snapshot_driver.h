// Decides when snapshots are cut, lets the core thread copy its share of them, and has the log
// trimmed behind them. A snapshot that fails never hurts the ledger: it is counted, told, and tried
// again later.
//
// Who copies: whoever executes. The workers and the lane copy a slice with each block that they
// execute, before they report it as done; while no block is on its way to them, the core thread
// owns everything and copies by itself. So copying needs no wake-ups, and ends where blocks end.
#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "base/clock.h"
#include "base/limits.h"
#include "engine/engine.h"
#include "pipeline/core_status.h"
#include "pipeline/history_gate.h"
#include "snapshot/taker.h"
#include "wal/writer.h"

namespace florin::pipeline {

// Where the newest snapshot stands when the core starts.
struct SnapshotStart {
  Position position;             // 0 = there is none.
  u64 time_ns = 0;               // When it was taken, since the Unix epoch; 0 = not known.
  u64 log_bytes = 0;             // Of log behind it.
  u64 segments_needed_from = 0;  // As snapshot::Taken has it.
};

using SnapshotListener = std::function<void(const snapshot::Taken&)>;

// How much is copied in passing, with a block of so many items: 16 KiB take microseconds, and a
// large block may pay for more.
constexpr u64 cut_bytes_beside(u64 items) {
  constexpr u64 kLeast = 16 * kKiB;
  constexpr u64 kPerItem = 32;
  return items * kPerItem > kLeast ? items * kPerItem : kLeast;
}

// Belongs to the core thread, but for `request`.
class SnapshotDriver {
 public:
  SnapshotDriver(const Limits& limits, engine::Engine& engine, wal::Writer& log, Clock& clock,
                 CoreStatus& status);

  void set_taker(snapshot::Taker* taker, const SnapshotStart& start);
  // With history the log that it still needs stays, whatever the snapshots need.
  void set_gate(const HistoryGate* gate) { gate_ = gate; }
  void set_listener(SnapshotListener listener) { listener_ = std::move(listener); }
  void request() { requested_.store(true, std::memory_order_release); }
  // The core stops: the last snapshot is taken in a hurry.
  void begin_stop();

  bool has_taker() const { return taker_ != nullptr; }
  // While outcomes wait for room in the log no snapshot is begun, not even at a stop: without the
  // blocks before it nobody could say any more what became of them, and history, which may still be
  // behind them, needs to know.
  void hold_back(bool outcomes_wait) { held_back_ = outcomes_wait; }
  // Whether no block is to be formed until none is in flight: a snapshot is to be cut, or one that
  // failed is to be ended.
  bool wants_quiet();
  // Cuts; no block is in flight, and the log is durable.
  void cut(u64 last_timestamp);
  // Copies up to so many bytes of everything; while the core thread owns everything. Returns how
  // many, 0 = nothing to do, or no buffer for it.
  u64 copy(u64 bytes_max);
  // Whether a cut is being copied.
  bool copying() const { return under_way_ && !engine_.cut_copied(); }
  // Takes what the taker reports. `quiet`: no block is in flight. Returns whether a snapshot ended.
  bool follow(bool quiet);
  // Has the log trimmed up to what both the snapshots and history need.
  void trim();

  // After `begin_stop`, when everything is answered: there is nothing left to take, or it takes too
  // long.
  bool stopped() const;
  // How long until there may be something to do. Nanoseconds, ~0 = nothing by time alone.
  u64 due_in_ns() const;

 private:
  bool anything_logged() const;
  // By the monotonic clock; may have passed.
  u64 due_at_ns() const;
  void note_taken(const snapshot::Taken& taken);
  void note_failed();

  const Limits limits_;
  engine::Engine& engine_;
  wal::Writer& log_;
  Clock& clock_;
  CoreStatus& status_;
  snapshot::Taker* taker_ = nullptr;
  SnapshotListener listener_;
  std::atomic<bool> requested_{false};  // By somebody, or by the stop: at once.
  bool failed_last_ = false;            // To be tried again after a pause.
  bool stopping_ = false;
  bool held_back_ = false;
  bool under_way_ = false;
  std::optional<snapshot::Taken> failed_;  // To be ended when all is quiet.
  u64 position_ = 0;                       // Of the newest snapshot.
  const HistoryGate* gate_ = nullptr;
  u64 needed_from_ = 0;  // The segments that snapshots need, 0 = all; and those that are kept.
  u64 kept_from_ = 0;
  // log_.bytes_written() at the cut of the newest snapshot and of the one under way; and what was
  // logged since the newest one before this process.
  u64 bytes_at_cut_ = 0;
  u64 bytes_at_cut_next_ = 0;
  u64 bytes_before_ = 0;
  u64 cut_ns_ = 0;         // Of the last cut, or the start, by the monotonic clock.
  u64 not_before_ns_ = 0;  // After a failure.
  u64 stop_began_ns_ = 0;
};

}  // namespace florin::pipeline
