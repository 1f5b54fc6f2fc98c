#include "tests/support/sim_history.h"

#include "pipeline/log_record.h"

namespace florin::test {

namespace {

history::BlockSourceOptions source_options(const SimHistoryOptions& options) {
  history::BlockSourceOptions source;
  source.directory = options.log_directory;
  source.log_id = options.log_id;
  source.state_machine_version = pipeline::kStateMachineVersion;
  return source;
}

}  // namespace

SimHistory::SimHistory(MemoryStore& store, storage::Storage& storage, Clock& clock,
                       ledger::ReplySink& next, const SimHistoryOptions& options, Random& random)
    : feed_(options.feed_bytes, recorder_bell_),
      source_(storage, source_options(options), &feed_),
      recorder_({store, source_, gate_, clock, writer_bell_, &readable_}, options.recorder,
                Random(random.next())),
      run_writer_({store, gate_, clock, recorder_bell_, nullptr}, options.recorder.back_off,
                  Random(random.next())),
      queries_(options.queries, &store, &readable_, clock, next, {&next}) {}

void SimHistory::connect(pipeline::Core& core) {
  core.set_history(&gate_);
  core.set_commit_feed(&feed_);
}

std::vector<Agent*> SimHistory::agents() {
  std::vector<Agent*> agents = {&recorder_, &run_writer_};
  for (u32 thread = 0; thread < queries_.threads(); ++thread) {
    agents.push_back(&queries_.agent(thread));
  }
  return agents;
}

void SimHistory::hurry() { recorder_.hurry(); }

}  // namespace florin::test
