// Writes history: takes the blocks of the log as they become durable, follows them, appends what
// happened to the store and closes its runs. Beside the ledger and never in its way: what fails is
// tried again later, from where the store stands, and no block is lost or taken twice.
//
// Two agents: the recorder, and the writer of runs, which mostly waits for the disk. Each with a
// thread of its own in production; stepped by one thread in simulation.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/agent.h"
#include "base/clock.h"
#include "base/doorbell.h"
#include "base/random.h"
#include "base/result.h"
#include "base/types.h"
#include "history/back_off.h"
#include "history/block_source.h"
#include "history/follower.h"
#include "history/store.h"
#include "history/waiters.h"
#include "pipeline/history_gate.h"

namespace florin::history {

struct RecorderOptions {
  u64 run_changes_max = 256 * 1024;    // A run is closed when it has so many changes,
  u64 run_age_ns_max = 2'000'000'000;  // or when what came first into it is so old.
  u64 step_changes_max = 16 * 1024;    // Of one step, at which a block's end it rests.
  u64 step_blocks_max = 64;
  BackOffOptions back_off;
};

// Told of the first failure in a row, of one of another kind, and of their end; on the agent's
// thread.
struct HistoryAlarm {
  bool over = false;  // It works again.
  Error error;        // What failed, when it is not over.
};
using HistoryAlarmListener = std::function<void(const HistoryAlarm&)>;

// What an agent of history tells of its failures. Any thread reads.
class AgentStatus {
 public:
  u64 failures() const { return failures_.load(std::memory_order_relaxed); }
  // Whether it failed last, and waits to try again.
  bool failing() const { return failing_.load(std::memory_order_acquire); }
  // Why, last; empty without a failure so far.
  std::string last_failure() const;

  // The agent's.
  void note_failure(const Error& error, const HistoryAlarmListener& listener);
  void note_success(const HistoryAlarmListener& listener);

 private:
  std::atomic<u64> failures_{0};
  std::atomic<bool> failing_{false};
  ErrorCode code_ = ErrorCode::Io;  // Of the last failure; the agent's.
  mutable std::mutex mutex_;        // Guards the following; taken when something fails or is shown.
  std::string last_failure_;
};

// Belongs to one thread, but for what says otherwise.
class Recorder final : public Agent {
 public:
  struct Parts {
    Store& store;
    BlockSource& source;
    pipeline::HistoryGate& gate;
    Clock& clock;
    Doorbell& writer_bell;        // At which the run writer sleeps.
    Waiters* readable = nullptr;  // Who waits for what can be read; may be null.
  };
  // Stands where the store stands, and says so at the gate.
  Recorder(const Parts& parts, const RecorderOptions& options, Random random);

  void set_alarm_listener(HistoryAlarmListener listener) { listener_ = std::move(listener); }

  usize step() override;
  u64 sleep_ns_max() override;

  // Any thread, at a stop: from now on runs are closed as soon as the one before is written. Ring
  // the recorder's bell afterwards.
  void hurry() { hurry_.store(true, std::memory_order_release); }

  // Any thread.
  const AgentStatus& status() const { return status_; }
  // Timestamp of the last event that can be read; 0 = none.
  u64 last_timestamp() const { return last_timestamp_.load(std::memory_order_relaxed); }
  // How far it is behind: 0 when everything up to `newest` can be read, otherwise how old what can
  // be read last is at the time `now`.
  u64 lag_ns(Position newest, Timestamp now) const;
  u64 blocks_from_feed() const { return from_feed_.load(std::memory_order_relaxed); }
  u64 blocks_from_files() const { return from_files_.load(std::memory_order_relaxed); }
  // Of the follower's tables.
  u64 memory_bytes() const { return memory_bytes_.load(std::memory_order_relaxed); }

 private:
  usize record(u64 now);
  Result<usize> follow_some();
  bool seal_due(u64 now) const;
  // Whether the run that was closed last is written.
  bool writer_rests() const { return parts_.gate.durable() >= sealed_; }
  void publish();
  // `behind`: the sequence of the last log block before the trouble.
  void note_failure(const Error& error, u64 now, u64 behind);
  void note_success();

  const Parts parts_;
  const RecorderOptions options_;
  HistoryAlarmListener listener_;
  Mark appended_;  // Behind what the store was given.
  Follower follower_;
  ChangeBatch batch_;
  Position sealed_;        // Behind the runs that were closed.
  u64 open_changes_ = 0;   // Behind that, as is the next.
  u64 open_since_ns_ = 0;  // When the first block came.
  BackOff back_off_;
  u64 trouble_behind_ = 0;
  AgentStatus status_;
  std::atomic<bool> hurry_{false};
  std::atomic<u64> last_timestamp_{0};
  std::atomic<u64> from_feed_{0};
  std::atomic<u64> from_files_{0};
  std::atomic<u64> memory_bytes_{0};
};

}  // namespace florin::history
