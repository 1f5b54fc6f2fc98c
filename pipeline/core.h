// The thread at the centre: it orders requests into blocks, gives the blocks to the log and to the
// engine, and releases answers when a block is posted and the log is durable up to it. Small
// blocks, and all blocks where there are no workers, it executes itself, without hand-offs. What
// became of a block it logs with a later one, and it says when snapshots are cut.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/agent.h"
#include "base/clock.h"
#include "base/limits.h"
#include "engine/engine.h"
#include "ledger/request.h"
#include "pipeline/commit_feed.h"
#include "pipeline/core_status.h"
#include "pipeline/history_gate.h"
#include "pipeline/log_history.h"
#include "pipeline/memory_toucher.h"
#include "pipeline/outcome_record.h"
#include "pipeline/sequencer.h"
#include "pipeline/slot.h"
#include "pipeline/snapshot_driver.h"
#include "pipeline/stages.h"
#include "pipeline/window_driver.h"
#include "wal/writer.h"

namespace florin::pipeline {

// Who executes blocks.
enum class Mode : u8 {
  Auto,      // Workers, but small blocks are executed inline while nothing is in flight.
  Inline,    // The core thread, always.
  Parallel,  // Workers, always.
};

// Belongs to one thread, but for `submit`, `stop`, `request_snapshot`, `status` and `history`.
class Core final : public Agent {
 public:
  Core(const Limits& limits, engine::Engine& engine, wal::Writer& log, Stages& stages, Clock& clock,
       ledger::ReplySink& sink, Mode mode, u32 channels, OrderState start);

  // Any network thread.
  void submit(u32 channel, ledger::Request* request);
  // Any thread: refuses what was not ordered yet, and becomes drained when the rest is answered,
  // its outcomes are logged and, if one is wanted at a stop, a snapshot is taken.
  void stop();
  // Any thread: takes a snapshot as soon as one can be begun; one that is under way does not count.
  // Without an event since the last snapshot there is nothing to take: wait for
  // status().snapshot_position to reach the position that is to be in it.
  void request_snapshot();
  const CoreStatus& status() const { return status_; }
  // What was durable when; checked against witnesses by any thread.
  const LogHistory& history() const { return history_; }

  // Before the core starts, all optional. Who keeps memory present ahead of use:
  void set_memory_toucher(MemoryToucher* toucher) { toucher_ = toucher; }
  // who takes snapshots, and where the last one stands:
  void set_taker(snapshot::Taker* taker, const SnapshotStart& start) {
    snapshots_.set_taker(taker, start);
  }
  // who is told of every snapshot that was taken or failed, on the core thread:
  void set_snapshot_listener(SnapshotListener listener) {
    snapshots_.set_listener(std::move(listener));
  }
  // what recovery knows of the log before, the newest last; its end is known without:
  void remember(std::span<const ChainPoint> points) { history_.restart(points); }
  // outcomes of the last blocks, which the log does not have yet;
  void log_outcomes(OutcomeQueue outcomes);
  // how far history is: what it has durably may leave memory, and the log that it still needs
  // stays (without one: nothing leaves, and snapshots alone decide what stays);
  void set_history(HistoryGate* gate);
  // and who is handed every block that is durable.
  void set_commit_feed(CommitFeed* feed);

  usize step() override;
  u64 sleep_ns_max() override;

  // Why the log failed, once status().failed.
  const Error& failure() const { return failure_; }

 private:
  usize drive_log();
  usize release_blocks();
  usize append_blocks();
  usize form_blocks(usize submitted);
  bool gathers(usize submitted) const;
  usize drive_snapshots();
  usize drive_window();
  WindowDriver::Pressure pressure() const;
  bool window_asks_again() const;
  void begin_stop();
  bool is_drained() const;
  bool form_requests();
  bool form_outcomes();
  void take_outcomes(Slot& slot);
  void execute(Slot& slot);
  bool can_form() const;
  bool is_done(const Slot& slot);
  bool is_quiet() const { return released_ == formed_; }
  bool workers_idle() const { return stages_.posted() >= tickets_; }
  void release(Slot& slot);
  void follow_memory(const Slot& slot);
  void keep_outcomes(const Slot& slot);
  void tell_follower();
  u64 feed_news_due_in_ns() const;
  // The largest body that the log is sure to take now.
  u64 body_bytes_max() const;
  bool log_has_room() const { return !out_of_space_ || log_.can_append(kSectorBodyBytes); }
  // Whether blocks leave too little room for outcomes.
  bool outcomes_gather() const;
  // How long until outcomes are logged without a block of requests, ~0 = there are none.
  u64 outcomes_due_in_ns() const;
  void follow_disk_space();
  void follow_deadline();
  Slot& slot_of(u64 sequence) { return *slots_[sequence % slots_.size()]; }

  // With so much waiting, a block is worth its own write at once.
  static constexpr u64 kGatheredBytes = 64 * kKiB;
  // The follower is woken when so much waits for it in the feed, or after so long.
  static constexpr u64 kFeedBytesUntold = 1 * kMiB;
  static constexpr u64 kFeedDelayNs = 1'000'000;
  // Of a block of one sector: what still finds room in the last of the log's reserve.
  static constexpr u64 kSectorBodyBytes = storage::kSectorBytes - wal::kHeaderBytes;

  const Limits limits_;
  engine::Engine& engine_;
  wal::Writer& log_;
  Stages& stages_;
  Clock& clock_;
  ledger::ReplySink& sink_;
  MemoryToucher* toucher_ = nullptr;
  const Mode mode_;
  Sequencer sequencer_;
  std::vector<std::unique_ptr<Slot>> slots_;  // The ring, by sequence.

  // Blocks are numbered from 1: released <= appended <= formed.
  u64 formed_ = 0;
  u64 appended_ = 0;
  u64 released_ = 0;
  u64 answered_first_ = 0;  // Nothing is formed until this block is released.
  u64 tickets_ = 0;
  u64 last_logged_ticket_ = 0;
  u64 logged_in_flight_ = 0;  // Formed, with something to log, and not yet durable.
  bool out_of_space_ = false;
  bool stopping_ = false;
  std::atomic<bool> stop_requested_{false};
  CoreStatus status_;
  LogHistory history_;
  SnapshotDriver snapshots_;
  WindowDriver window_;
  CommitFeed* feed_ = nullptr;
  bool feed_has_news_ = false;  // Blocks that its follower was not woken for, ...
  u64 feed_news_since_ns_ = 0;  // ... the oldest since then.
  OutcomeComposer composer_;
  OutcomeQueue outcomes_;      // Not logged yet.
  u64 outcomes_since_ns_ = 0;  // When the oldest of them came, by the monotonic clock.
  u64 items_executed_ = 0;     // By this thread, since it copied for a snapshot last.
  Error failure_;
};

}  // namespace florin::pipeline
