// Where the stages meet: the progress of each, and the bells of those who wait for it. Blocks that
// go through the workers are numbered by tickets, from 1; blocks executed inline have none, so that
// the workers can sleep through them.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "base/doorbell.h"
#include "base/progress.h"
#include "base/types.h"
#include "pipeline/slot.h"

namespace florin::pipeline {

struct WorkerProgress {
  Progress prepared;
  Progress resolved;
  Progress posted;
  Doorbell bell;
};

// The counters are written by the thread that owns the stage and read by all.
class Stages {
 public:
  Stages(u32 workers, u32 blocks_in_flight) : tickets_(blocks_in_flight) {
    for (u32 worker = 0; worker < workers; ++worker) {
      workers_.push_back(std::make_unique<WorkerProgress>());
    }
  }

  u32 worker_count() const { return static_cast<u32>(workers_.size()); }
  WorkerProgress& worker(u32 index) { return *workers_[index]; }

  // The tickets that every worker has prepared, resolved, posted.
  u64 prepared() const { return lowest(&WorkerProgress::prepared); }
  u64 resolved() const { return lowest(&WorkerProgress::resolved); }
  u64 posted() const { return lowest(&WorkerProgress::posted); }

  // The block of a ticket: set by the core before it publishes `dispatched`, valid until the block
  // is released.
  Slot*& slot_of(u64 ticket) { return tickets_[ticket % tickets_.size()]; }

  void ring_workers() {
    for (const auto& worker : workers_) worker->bell.ring();
  }
  void ring_lane() { (lane_on_core_thread ? core_bell : lane_bell).ring(); }

  Progress dispatched;  // Tickets that the core has handed out.
  Progress authorised;
  Doorbell core_bell;
  Doorbell lane_bell;                // For ring_lane, as is the next.
  bool lane_on_core_thread = false;  // It then sleeps at the core's bell. Set before they start.

 private:
  u64 lowest(Progress WorkerProgress::*stage) const {
    u64 lowest = ~u64{0};
    for (const auto& worker : workers_) lowest = std::min(lowest, ((*worker).*stage).get());
    return lowest;
  }

  std::vector<std::unique_ptr<WorkerProgress>> workers_;
  std::vector<Slot*> tickets_;
};

}  // namespace florin::pipeline
