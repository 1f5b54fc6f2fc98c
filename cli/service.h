// A running server: the one place that makes all parts and wires them together. Recovery first,
// then the threads; the calling thread becomes the core thread.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/history_parts.h"
#include "cli/service_options.h"
#include "engine/engine.h"
#include "ledger/request.h"
#include "net/reply_router.h"
#include "net/server.h"
#include "pipeline/core.h"
#include "pipeline/memory_toucher.h"
#include "pipeline/thread_group.h"
#include "pipeline/worker.h"
#include "replay/recovery.h"
#include "snapshot/taker.h"
#include "storage/data_directory.h"
#include "storage/open_storage.h"
#include "storage/process_lock.h"
#include "storage/storage.h"
#include "wal/writer.h"

namespace florin::cli {

// Opens what the log, and on another thread the snapshots, are written with. Test programs decorate
// it, to make disks fail.
using StorageFactory =
    std::function<Result<std::unique_ptr<storage::Storage>>(const storage::StorageOptions&)>;

class Service final : public ledger::RequestQueue {
 public:
  // Opens the data directory, recovers the ledger and listens. Everything that can be refused is
  // refused here, in the order in which it costs least.
  static Result<std::unique_ptr<Service>> open(
      ServiceOptions options, Topology topology,
      StorageFactory storage_factory = storage::open_storage);
  ~Service() override;

  // Serves until `request_stop` and all answers are out, or the log fails. On the thread that
  // called `open`.
  Status run();
  // Any thread; also from a signal handler.
  void request_stop();

  u16 port() const;
  const std::string& host() const { return options_.host; }
  const replay::Recovered& recovered() const { return recovered_; }
  const storage::DataDirectory& directory() const { return *directory_; }
  const std::string& storage_description() const { return storage_description_; }
  Position position() const;

  // From the network threads.
  void submit(u32 channel, ledger::Request* request) override;

 private:
  class NetAgent;
  class NetParker;
  class StopAgent;

  Service(ServiceOptions options, Topology topology, StorageFactory storage_factory);
  Status open_directory();
  Status recover();
  Status check_start_witness() const;
  Status open_log();
  Status open_snapshots();
  Result<std::unique_ptr<storage::Storage>> open_file_storage();
  Status listen();
  Status make_stages();
  pipeline::SnapshotStart snapshot_start() const;
  void add_snapshots(protocol::ServerInfo& info) const;
  void start_threads(pipeline::ThreadGroup& threads);
  net::ServerVoice voice();
  protocol::ServerInfo server_info() const;
  std::optional<protocol::Refusal> check_witness(const protocol::Witness& witness);
  std::vector<std::string> thread_names() const;
  u32 channels() const { return static_cast<u32>(servers_.size()); }

  ServiceOptions options_;
  Topology topology_;
  StorageFactory storage_factory_;
  SystemClock clock_;
  Timestamp start_time_;
  std::unique_ptr<HistoryParts> history_;  // Outlives the engine, which asks it.
  std::optional<storage::ProcessLock> lock_;
  std::unique_ptr<storage::Storage> storage_;
  std::optional<storage::DataDirectory> directory_;
  std::string storage_description_;
  replay::Recovered recovered_;  // Without the engine and the outcomes: they have their places.
  std::vector<pipeline::ChainPoint> chain_points_;  // Of the log before this start.
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<wal::Writer> log_;
  u64 first_segment_at_start_ = 0;
  std::unique_ptr<storage::Storage> snapshot_storage_;
  std::unique_ptr<snapshot::Taker> taker_;
  std::vector<std::unique_ptr<net::Server>> servers_;
  std::unique_ptr<net::ReplyRouter> router_;
  std::unique_ptr<pipeline::Stages> stages_;
  std::unique_ptr<pipeline::Core> core_;
  std::unique_ptr<pipeline::Lane> lane_;
  std::vector<std::unique_ptr<pipeline::Worker>> workers_;
  std::unique_ptr<pipeline::MemoryToucher> toucher_;
  std::vector<std::unique_ptr<NetAgent>> net_agents_;
  std::vector<std::unique_ptr<pipeline::Parker>> parkers_;
  std::atomic<bool> stop_requested_{false};
  std::atomic<bool> finished_{false};
  std::atomic<u64> witness_refusals_{0};
  std::array<std::atomic<u64>, 2> next_alarm_ns_{};  // By kind; by the monotonic clock.
  bool drained_ = false;  // The core thread's: everything was answered before the end.
};

}  // namespace florin::cli
