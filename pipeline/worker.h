// The stages that run by partition: a worker owns one partition of the accounts and ids. For each
// ticket it prepares its share of the block (copy, checksum, routing), resolves what its partition
// owns, and, once that is authorised, posts it.
#pragma once

#include "base/agent.h"
#include "engine/engine.h"
#include "pipeline/stages.h"

namespace florin::pipeline {

// Belongs to one thread.
class Worker final : public Agent {
 public:
  Worker(engine::Engine& engine, Stages& stages, u32 index)
      : engine_(engine), stages_(stages), own_(stages.worker(index)), index_(index) {}

  usize step() override;

 private:
  void prepare(u64 ticket);
  void resolve(u64 ticket);
  void post(u64 ticket);

  engine::Engine& engine_;
  Stages& stages_;
  WorkerProgress& own_;
  u32 index_;
  u64 prepared_ = 0;
  u64 resolved_ = 0;
  u64 posted_ = 0;
};

// The authorise stage for tickets: the one thread that decides.
class Lane final : public Agent {
 public:
  Lane(engine::Engine& engine, Stages& stages) : engine_(engine), stages_(stages) {}

  usize step() override;

 private:
  engine::Engine& engine_;
  Stages& stages_;
  u64 authorised_ = 0;
};

}  // namespace florin::pipeline
