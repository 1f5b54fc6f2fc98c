// A history for tests of the pipeline: an engine that forgets nothing follows the log, block by
// block, from the core's feed and from the files, and its past answers for what the ledger under
// test has forgotten. How far it is durable the test decides.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "base/random.h"
#include "pipeline/commit_feed.h"
#include "pipeline/history_gate.h"
#include "tests/pipeline/sim_ledger.h"
#include "tests/support/memory_past.h"

namespace florin::test {

struct FollowedHistoryOptions {
  u128 log_id = 0xf10f10;  // As SimLedger has it.
  u64 feed_bytes = 32 * kKiB;
  u64 follow_chance = 100;  // In percent of its steps: how fast it is.
  u64 write_chance = 10;    // The same of becoming durable, at one of the blocks that it followed.
};

// It checks for itself that every block comes once, in order, with the outcomes that it decides
// itself; a test fails by a CHECK.
class FollowedHistory final : public SimFollower {
 public:
  FollowedHistory(u64 seed, const FollowedHistoryOptions& options);

  void before_recovery(replay::RecoveryOptions& options, SimStorage& disk) override;
  void before_start(pipeline::Core& core, pipeline::Stages& stages, SimStorage& disk) override;
  void after_end() override;
  usize step() override;

  // Nothing becomes durable until it is released; wishes are not heard.
  void hold() { held_ = true; }
  void release() { held_ = false; }
  // Follows everything that is committed, and has it durable.
  void catch_up();

  const wal::LogEnd& end() const { return state_->end; }
  Position durable() const { return durable_.position; }
  u64 segment_needed_from() const { return durable_.segment; }
  const engine::Engine& engine() const { return *state_->engine; }
  const MemoryPast& past() const { return state_->past; }
  pipeline::HistoryGate& gate() { return *gate_; }
  Doorbell& bell() { return bell_; }  // Where its thread sleeps, if it has one.
  u64 blocks_from_feed() const { return from_feed_; }
  u64 blocks_from_files() const { return from_files_; }
  u64 wishes() const { return wishes_; }        // Of the core, for more to be durable.
  u64 catch_ups() const { return catch_ups_; }  // That recovery asked for.

 private:
  // What is made of the log.
  struct State {
    std::unique_ptr<engine::Engine> engine;
    MemoryPast past;
    wal::LogEnd end;
    u64 last_timestamp = 0;
    u64 blocks = 0;  // Of the engine.
  };
  // A block as it was followed: what is not durable is forgotten at a crash, and comes again.
  struct Kept {
    wal::LogEnd end;
    storage::AlignedBuffer body;
    u64 body_bytes = 0;
  };

  static Limits endless();
  static std::unique_ptr<State> new_state();
  // The outcomes that this engine decides.
  static pipeline::OutcomeRecord execute(State& state, const wal::LogEnd& end,
                                         std::span<const std::byte> body);
  void follow(const wal::LogEnd& end, std::span<const std::byte> body);
  bool follow_feed();
  bool follow_files(u64 blocks_max);
  // Up to a block, or to the end of the log.
  void read_files(storage::Storage& storage, u64 last_sequence, u64 blocks_max);
  void become_durable(usize block);

  Random random_;
  const FollowedHistoryOptions options_;
  std::unique_ptr<State> state_;
  std::deque<Kept> kept_;  // All blocks ever, oldest first.
  usize durable_blocks_ = 0;
  wal::LogEnd durable_;
  bool held_ = false;
  Doorbell bell_;
  std::unique_ptr<pipeline::HistoryGate> gate_;
  std::unique_ptr<pipeline::CommitFeed> feed_;
  std::unique_ptr<storage::Storage> storage_;
  u64 from_feed_ = 0;
  u64 from_files_ = 0;
  u64 wishes_ = 0;
  u64 catch_ups_ = 0;
};

}  // namespace florin::test
