// A whole ledger on one thread: order, log, workers, recovery, over a simulated disk and a clock
// moved by hand. Every step is drawn from a seed, so that a run can be repeated.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/random.h"
#include "pipeline/core.h"
#include "pipeline/worker.h"
#include "replay/recovery.h"
#include "snapshot/taker.h"
#include "tests/support/manual_clock.h"
#include "tests/support/owned_request.h"
#include "tests/support/request_generator.h"
#include "tests/support/sim_storage.h"

namespace florin::test {

inline constexpr u128 kSimLogId = 0xf10f10;

// What follows the ledger in the same process, such as its history. It lives through crashes, and
// keeps what would be on its disk.
class SimFollower : public Agent {
 public:
  virtual void before_recovery(replay::RecoveryOptions& options, SimStorage& disk) = 0;
  // It is stepped from now on.
  virtual void before_start(pipeline::Core& core, pipeline::Stages& stages, SimStorage& disk) = 0;
  // The process ended, and this is not stepped any more.
  virtual void after_end() = 0;
};

struct SimLedgerOptions {
  Limits limits;
  u32 partitions = 1;
  pipeline::Mode mode = pipeline::Mode::Inline;
  u32 sources = 4;         // Connections that requests come from.
  bool snapshots = false;  // Taken by a second user of the disk, and recovered from.
  SimFollower* follower = nullptr;
};

// Tiny blocks and segments, so that everything that can be full is.
Limits tiny_limits();

// For a ledger that ticks by itself.
GeneratorOptions client_requests();

class SimLedger final : public ledger::ReplySink {
 public:
  SimLedger(u64 seed, SimLedgerOptions options);
  ~SimLedger() override;

  // Before the start: another disk.
  void replace_disk(std::unique_ptr<SimStorage> disk);
  // Recovers from what is on the disk and is ready to step. CHECKs that it works.
  void start();
  // The same, but says why it does not.
  Status try_start();
  // The power fails: everything in memory is gone, the disk keeps what it must and what it likes.
  void crash();

  // Sends a request on a connection. It stays here until it is answered or the ledger crashes.
  void submit(OwnedRequest request, usize source);
  // One step of one part, drawn at random, disk and clock included.
  void step();
  // Steps until nothing is left to answer. CHECKs that it ends.
  void settle();
  void stop() { core_->stop(); }
  // Steps until it is drained. CHECKs that it comes to that.
  void settle_stop();

  // Requests that were answered since the last call, in the order of their places.
  std::vector<OwnedRequest> take_answered();
  // Requests without an answer, in the order in which they were sent. After a crash: those that the
  // crash left so.
  std::vector<OwnedRequest> take_unanswered();
  usize unanswered() const { return flying_.size(); }

  engine::Engine& engine() { return *engine_; }
  SimStorage& disk() { return *disk_; }
  ManualClock& clock() { return clock_; }
  pipeline::Core& core() { return *core_; }
  wal::Writer& log() { return *log_; }
  const pipeline::CoreStatus& status() const { return core_->status(); }
  const Error& failure() const { return core_->failure(); }
  const replay::Recovered& recovered() const { return recovered_; }

  void deliver(ledger::Request* request) override;
  void flush() override {}

 private:
  void start_snapshots();

  Random random_;
  SimLedgerOptions options_;
  ManualClock clock_;
  std::unique_ptr<SimStorage> disk_;
  replay::Recovered recovered_;
  std::vector<ledger::RequestSource> sources_;
  std::deque<std::unique_ptr<OwnedRequest>> flying_;
  std::vector<OwnedRequest> answered_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<storage::Storage> taker_storage_;
  std::unique_ptr<snapshot::Taker> taker_;
  std::unique_ptr<pipeline::Core> core_;
  std::unique_ptr<wal::Writer> log_;
  std::unique_ptr<pipeline::Stages> stages_;
  std::unique_ptr<pipeline::Lane> lane_;
  std::vector<std::unique_ptr<pipeline::Worker>> workers_;
  std::vector<Agent*> agents_;
};

// Sends a request and steps until it is answered.
OwnedRequest answer_to(SimLedger& ledger, OwnedRequest request);

}  // namespace florin::test
