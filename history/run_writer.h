// Writes closed runs of history, one after the other, and says at the gate what is durable.
#pragma once

#include <atomic>

#include "base/agent.h"
#include "base/clock.h"
#include "base/doorbell.h"
#include "base/random.h"
#include "base/types.h"
#include "history/back_off.h"
#include "history/recorder.h"
#include "history/store.h"
#include "history/waiters.h"
#include "pipeline/history_gate.h"

namespace florin::history {

// Belongs to one thread, but for what says otherwise.
class RunWriter final : public Agent {
 public:
  struct Parts {
    Store& store;
    pipeline::HistoryGate& gate;
    Clock& clock;
    Doorbell& recorder_bell;     // At which the recorder sleeps.
    Waiters* durable = nullptr;  // Who waits for what is durable; may be null.
  };
  RunWriter(const Parts& parts, const BackOffOptions& back_off, Random random);

  void set_alarm_listener(HistoryAlarmListener listener) { listener_ = std::move(listener); }

  // Writes one run, however long that takes.
  usize step() override;
  u64 sleep_ns_max() override;

  // Any thread.
  const AgentStatus& status() const { return status_; }
  u64 runs_written() const { return runs_written_.load(std::memory_order_relaxed); }
  u64 changes_written() const { return changes_written_.load(std::memory_order_relaxed); }

 private:
  const Parts parts_;
  HistoryAlarmListener listener_;
  Mark durable_;
  BackOff back_off_;
  AgentStatus status_;
  std::atomic<u64> runs_written_{0};
  std::atomic<u64> changes_written_{0};
};

}  // namespace florin::history
