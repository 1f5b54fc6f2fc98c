// What a server has for its history: the store, who writes it, who answers from it, and the sinks
// that read it; made, started and stopped together.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"
#include "cli/service_options.h"
#include "cli/sink_parts.h"
#include "history/block_source.h"
#include "history/query_service.h"
#include "history/recorder.h"
#include "history/rocks_store.h"
#include "history/run_writer.h"
#include "history/waiters.h"
#include "net/reply_router.h"
#include "net/server.h"
#include "pipeline/commit_feed.h"
#include "pipeline/core.h"
#include "pipeline/history_gate.h"
#include "pipeline/stages.h"
#include "pipeline/thread_group.h"
#include "protocol/messages.h"
#include "storage/data_directory.h"
#include "storage/storage.h"

namespace florin::cli {

// Belongs to the core thread, but for what says otherwise. With history off there is no store, and
// requests for the past are refused.
class HistoryParts {
 public:
  HistoryParts(const ServiceOptions& options, Clock& clock)
      : options_(options), clock_(clock), sinks_(clock) {}
  ~HistoryParts();

  // Before recovery, which asks the store. Errors as those of history::RocksStore::open.
  Status open(const storage::DataDirectory& directory);
  // Null with history off.
  history::Store* store() const { return store_.get(); }

  // During recovery: has history read the log to its end; returns where it is then.
  Result<wal::LogEnd> catch_up(storage::Storage& storage, const storage::DataDirectory& directory);

  // After recovery, up to `end`: refuses exports that go further than the ledger.
  Status check_export(Position end) const { return sinks_.check_exported(end); }
  // Everything that runs. `log_storage` is for the recorder alone.
  void make(const storage::DataDirectory& directory, std::unique_ptr<storage::Storage> log_storage,
            pipeline::Stages& stages, ledger::ReplySink& router,
            const std::vector<std::unique_ptr<net::Server>>& servers);
  // Where the core sends what it has answered; passes on what needs no history.
  ledger::ReplySink& replies() { return *queries_; }
  void connect(pipeline::Core& core);
  void start_threads(pipeline::ThreadGroup& threads);
  std::vector<std::string> thread_names() const;

  // The way out, in this order: nobody waits for history any more; then, when the log is complete,
  // history is written to its end, and the sinks follow.
  void stop_queries() { queries_->stop(); }
  bool queries_stopped() const { return queries_->status().in_flight.load() == 0; }
  // Whether all is written and delivered; asks for it at the first call.
  bool finish(Position end);

  // Any thread.
  void describe(protocol::ServerInfo& info, const pipeline::CoreStatus& status) const;

 private:
  const ServiceOptions& options_;
  Clock& clock_;
  std::unique_ptr<history::RocksStore> store_;
  Doorbell recorder_bell_;
  Doorbell writer_bell_;
  history::Waiters readable_;
  std::unique_ptr<pipeline::HistoryGate> gate_;
  std::unique_ptr<pipeline::CommitFeed> feed_;
  std::unique_ptr<storage::Storage> log_storage_;
  std::unique_ptr<history::BlockSource> source_;
  std::unique_ptr<history::Recorder> recorder_;
  std::unique_ptr<history::RunWriter> writer_;
  std::unique_ptr<net::ReplyRouter> query_router_;
  std::unique_ptr<history::QueryService> queries_;
  SinkParts sinks_;
  std::vector<std::unique_ptr<pipeline::Parker>> parkers_;
  bool finishing_ = false;
};

}  // namespace florin::cli
