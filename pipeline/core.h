// The thread at the centre: it orders requests into blocks, gives the blocks to the log and to the
// engine, and releases answers when a block is posted and the log is durable up to it. Small
// blocks, and all blocks where there are no workers, it executes itself, without hand-offs.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "engine/engine.h"
#include "ledger/request.h"
#include "pipeline/agent.h"
#include "pipeline/memory_toucher.h"
#include "pipeline/sequencer.h"
#include "pipeline/slot.h"
#include "pipeline/stages.h"
#include "wal/writer.h"

namespace florin::pipeline {

// Who executes blocks.
enum class Mode : u8 {
  Auto,      // Workers, but small blocks are executed inline while nothing is in flight.
  Inline,    // The core thread, always.
  Parallel,  // Workers, always.
};

// What the core tells others about itself; any thread may read it.
struct CoreStatus {
  std::atomic<u64> durable_position{0};
  std::atomic<u64> accounts{0};       // Held for good by then.
  std::atomic<u64> transfers{0};      // Remembered by then, consumed ids included.
  std::atomic<u64> blocks{0};         // Released.
  std::atomic<u64> inline_blocks{0};  // Of these, executed inline.
  std::atomic<bool> failed{false};    // The log failed: nothing more is answered.
  std::atomic<bool> drained{false};   // After a stop: nothing is left to answer.
};

// Belongs to one thread, but for `submit`, `stop` and `status`.
class Core final : public Agent {
 public:
  Core(const Limits& limits, engine::Engine& engine, wal::Writer& log, Stages& stages, Clock& clock,
       ledger::ReplySink& sink, Mode mode, u32 channels, OrderState start);

  // Any network thread.
  void submit(u32 channel, ledger::Request* request);
  // Any thread: refuses what was not ordered yet, and becomes drained when the rest is answered.
  void stop();
  const CoreStatus& status() const { return status_; }
  // Before the core starts: who keeps memory present ahead of use. Optional.
  void set_memory_toucher(MemoryToucher* toucher) { toucher_ = toucher; }

  usize step() override;
  u64 sleep_ns_max() override;

  // Why the log failed, once status().failed.
  const Error& failure() const { return failure_; }

 private:
  usize drive_log();
  usize release_blocks();
  usize append_blocks();
  usize form_blocks();
  void execute(Slot& slot);
  bool can_form() const;
  bool is_done(const Slot& slot);
  void release(Slot& slot);
  void follow_disk_space();
  void follow_deadline();
  Slot& slot_of(u64 sequence) { return *slots_[sequence % slots_.size()]; }

  const Limits limits_;
  engine::Engine& engine_;
  wal::Writer& log_;
  Stages& stages_;
  ledger::ReplySink& sink_;
  MemoryToucher* toucher_ = nullptr;
  const Mode mode_;
  Sequencer sequencer_;
  std::vector<std::unique_ptr<Slot>> slots_;  // The ring, by sequence.

  // Blocks are numbered from 1: released <= appended <= formed.
  u64 formed_ = 0;
  u64 appended_ = 0;
  u64 released_ = 0;
  u64 tickets_ = 0;
  u64 last_logged_ticket_ = 0;
  u64 logged_in_flight_ = 0;  // Formed, with something to log, and not yet durable.
  bool out_of_space_ = false;
  bool stopping_ = false;
  std::atomic<bool> stop_requested_{false};
  CoreStatus status_;
  Error failure_;
};

}  // namespace florin::pipeline
