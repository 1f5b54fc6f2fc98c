// The parts of history of one process, for ledgers that are stepped on one thread: follower,
// recorder, writer of runs and queries, wired to a core as `serve` does it, over a store that
// outlives the process.
#pragma once

#include <memory>
#include <vector>

#include "base/agent.h"
#include "base/doorbell.h"
#include "base/random.h"
#include "history/block_source.h"
#include "history/query_service.h"
#include "history/recorder.h"
#include "history/run_writer.h"
#include "history/waiters.h"
#include "pipeline/core.h"
#include "tests/support/memory_store.h"

namespace florin::test {

struct SimHistoryOptions {
  std::string log_directory;
  u128 log_id = 0;
  u64 feed_bytes = 64 * kKiB;
  history::RecorderOptions recorder;
  history::QueryServiceOptions queries;
};

class SimHistory {
 public:
  // Answered requests go on to `next`. `storage` is the recorder's own use of the disk.
  SimHistory(MemoryStore& store, storage::Storage& storage, Clock& clock, ledger::ReplySink& next,
             const SimHistoryOptions& options, Random& random);

  // Where the core is to send its answers; and what it is to be told of, once it is made.
  ledger::ReplySink& replies() { return queries_; }
  void connect(pipeline::Core& core);

  std::vector<Agent*> agents();
  // The process stops: everything is written soon, and nobody waits any more.
  void hurry();
  void refuse_queries() { queries_.stop(); }

  const history::Recorder& recorder() const { return recorder_; }
  const history::RunWriter& run_writer() const { return run_writer_; }
  const history::QueryServiceStatus& query_status() const { return queries_.status(); }
  // What was appended is durable up to here.
  bool is_durable(Position position) const { return gate_.durable() >= position; }

 private:
  Doorbell core_bell_;
  Doorbell recorder_bell_;
  Doorbell writer_bell_;
  history::Waiters readable_;
  pipeline::HistoryGate gate_{core_bell_, recorder_bell_};
  pipeline::CommitFeed feed_;
  history::BlockSource source_;
  history::Recorder recorder_;
  history::RunWriter run_writer_;
  history::QueryService queries_;
};

}  // namespace florin::test
