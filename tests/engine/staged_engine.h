// An engine whose stages a test steps one by one, in any order that the pipeline allows, on one
// thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/random.h"
#include "engine/engine.h"

namespace florin::test {

// Small enough that blocks, slots and tables come to their ends quickly.
Limits small_limits();

// Runs requests through blocks: inline, or stage by stage in an order drawn from `random`.
class StagedEngine {
 public:
  enum class Mode : u8 { Inline, Stepped, Mixed };

  StagedEngine(const Limits& limits, u32 partitions, Mode mode, u64 seed);
  // Goes on with an engine that has a state.
  StagedEngine(const Limits& limits, std::unique_ptr<engine::Engine> engine, Mode mode, u64 seed);

  // Adds the request to the block being formed, or to the next one if the dice say so or it is
  // full.
  void run(ledger::Request& request, u64 first_timestamp);
  // Finishes everything; then all answers are there.
  void drain();
  // Nothing is in flight: what needs that may be done now, even between two steps.
  bool is_idle() const { return flying_.empty(); }
  // Of the last event that the engine knows; before anything is run.
  void set_position(Position position) { position_ = position; }
  // Of the last event in a block that was formed.
  Position position() const { return position_; }
  // Is called before every step, when no stage is at work: for what an owner does between blocks.
  void between_steps(std::function<void()> call) { between_steps_ = std::move(call); }
  // From now on the engine's parts are compared whenever a block ends and none is in flight.
  void verify_at_block_ends() { verifies_ = true; }
  engine::Engine& engine() { return *engine_; }

 private:
  struct Flying {
    std::unique_ptr<engine::Block> block;
    std::vector<bool> routed;
    u32 routed_count = 0;
    std::vector<bool> resolved;
    u32 resolved_count = 0;
    bool authorised = false;
    std::vector<bool> posted;
    u32 posted_count = 0;
  };

  void seal();
  void call_between_steps() {
    if (between_steps_) between_steps_();
  }
  void step_once();
  void verify() const;
  bool may_resolve(usize index, u32 partition) const;
  bool may_authorise(usize index) const;
  bool may_post(usize index, u32 partition) const;
  std::unique_ptr<engine::Block> fresh_block();

  Limits limits_;
  u32 partitions_;
  Mode mode_;
  Random random_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Block> forming_;
  std::deque<Flying> flying_;
  std::vector<std::unique_ptr<engine::Block>> free_;
  u64 sequence_ = 0;
  Position position_;
  bool verifies_ = false;
  std::function<void()> between_steps_;
};

}  // namespace florin::test
