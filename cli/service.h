// A running server: the one place that makes all parts and wires them together. Recovery first,
// then the threads; the calling thread becomes the core thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
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
#include "storage/data_directory.h"
#include "storage/process_lock.h"
#include "storage/storage.h"
#include "wal/writer.h"

namespace florin::cli {

class Service final : public ledger::RequestQueue {
 public:
  // Opens the data directory, recovers the ledger and listens. Everything that can be refused is
  // refused here, in the order in which it costs least.
  static Result<std::unique_ptr<Service>> open(ServiceOptions options, Topology topology);
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

  Service(ServiceOptions options, Topology topology);
  Status open_directory();
  Status recover();
  Status open_log();
  Status listen();
  void make_stages();
  void start_threads(pipeline::ThreadGroup& threads);
  protocol::ServerInfo server_info() const;
  std::vector<std::string> thread_names() const;
  u32 channels() const { return static_cast<u32>(servers_.size()); }

  ServiceOptions options_;
  Topology topology_;
  SystemClock clock_;
  Timestamp start_time_;
  std::optional<storage::ProcessLock> lock_;
  std::unique_ptr<storage::Storage> storage_;
  std::optional<storage::DataDirectory> directory_;
  std::string storage_description_;
  replay::Recovered recovered_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<wal::Writer> log_;
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
  bool drained_ = false;  // The core thread's: everything was answered before the end.
};

}  // namespace florin::cli
