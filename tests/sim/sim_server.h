// The process under test: recovery, the log, all stages, the taker of snapshots and the protocol's
// sessions, on one thread and over a simulated disk. Whoever owns it steps its parts, in any order.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/agent.h"
#include "net/session.h"
#include "pipeline/core.h"
#include "pipeline/worker.h"
#include "replay/recovery.h"
#include "snapshot/taker.h"
#include "storage/data_directory.h"
#include "tests/sim/history.h"
#include "tests/sim/link.h"
#include "tests/support/manual_clock.h"
#include "tests/support/sim_history.h"
#include "tests/support/sim_storage.h"

namespace florin::test {

inline constexpr const char* kSimDirectory = "/data/ledger";
inline constexpr u128 kSimLedgerId = 0xf10f10;

struct SimServerOptions {
  Limits limits;
  u32 partitions = 1;
  u64 hash_seed = 1;
  pipeline::Mode mode = pipeline::Mode::Inline;
  bool snapshots = true;
  bool archive = false;
  SimOptions snapshot_disk;        // Of the taker, which is a user of the disk by itself.
  MemoryStore* history = nullptr;  // Outlives the process; null: none is kept.
  history::RecorderOptions recorder;
  history::QueryServiceOptions queries;
};

// Told at the moment when it happens. With history a request that memory cannot answer, or not
// wholly, is deferred at its place in the order, and completed later.
struct SimServerEvents {
  std::function<void(const ledger::Request&)> answered;
  std::function<void(const ledger::Request&)> deferred;
  std::function<void(const ledger::Request&)> completed;
};

class SimServer final : public ledger::RequestQueue, public ledger::ReplySink {
 public:
  SimServer(SimStorage& disk, ManualClock& clock, SimServerOptions options, SimServerEvents events);
  // As at a kill: nothing is finished. The disk's power must be off or its operations forgotten
  // before, or what is destroyed here would still write.
  ~SimServer() override;

  // Opens the directory, recovers, opens the log. The error is what `serve` would end with.
  Status start(Random& random);

  // A new connection, or null when it takes none.
  std::shared_ptr<Link> connect();
  // One step of one part. Those of history rest for so many steps of theirs.
  void step(Random& random);
  void rest_history(u64 steps) { history_rests_ = steps; }
  // The sessions end, then the log, then `stopped`.
  void begin_stop();
  bool stopped() const { return core_->status().drained.load(); }
  // The log failed: the process ends.
  bool failed() const { return core_->status().failed.load(); }
  const Error& failure() const { return core_->failure(); }

  engine::Engine& engine() { return *recovered_.engine; }
  const replay::Recovered& recovered() const { return recovered_; }
  const pipeline::CoreStatus& status() const { return core_->status(); }
  wal::Writer& log() { return *log_; }
  const SimHistory* history() const { return history_.get(); }
  bool snapshot_under_way() const { return core_->status().snapshot_under_way.load(); }
  // Nothing is in flight anywhere: the state may be looked at.
  bool quiet() const { return in_flight_.empty(); }
  // Writes that have their place in the order and no answer.
  std::vector<Survivor> unanswered() const;

  void submit(u32 channel, ledger::Request* request) override;
  // The end of the way of an answer.
  void deliver(ledger::Request* request) override;
  void flush() override {}

 private:
  struct Connection;
  // Where answers leave the core, in the order of their places.
  struct Release final : ledger::ReplySink {
    explicit Release(SimServer& the_server) : server(the_server) {}
    void deliver(ledger::Request* request) override { server.release(request); }
    void flush() override;
    SimServer& server;
  };
  static constexpr u32 kChannels = 2;

  void release(ledger::Request* request);
  void start_history(const storage::DataDirectory& directory, Random& random);
  Status recover(const storage::DataDirectory& directory);
  Status open_log(const storage::DataDirectory& directory);
  void make_stages(const storage::DataDirectory& directory);
  void make_contexts();
  protocol::ServerInfo server_info() const;
  std::optional<protocol::Refusal> check_witness(const protocol::Witness& witness) const;
  void step_network(Random& random);
  void serve(Connection& connection, Random& random);

  SimStorage& disk_;
  ManualClock& clock_;
  SimServerOptions options_;
  SimServerEvents events_;
  Release release_{*this};
  replay::Recovered recovered_;
  std::unique_ptr<storage::Storage> snapshot_disk_;
  std::unique_ptr<snapshot::Taker> taker_;
  std::unique_ptr<wal::Writer> log_;
  std::unique_ptr<pipeline::Stages> stages_;
  std::vector<std::unique_ptr<net::SessionMemory>> memories_;
  std::vector<std::unique_ptr<net::SessionContext>> contexts_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::unique_ptr<storage::Storage> history_disk_;
  std::unique_ptr<SimHistory> history_;
  std::unique_ptr<pipeline::Core> core_;
  std::unique_ptr<pipeline::Lane> lane_;
  std::vector<std::unique_ptr<pipeline::Worker>> workers_;
  std::vector<Agent*> agents_;
  std::vector<Agent*> history_agents_;
  std::vector<const ledger::Request*> deferred_;
  u64 history_rests_ = 0;
  std::vector<ledger::Request*> in_flight_;
  std::deque<ledger::Request*> outbox_;
  u64 connections_made_ = 0;
  bool stopping_ = false;
};

}  // namespace florin::test
