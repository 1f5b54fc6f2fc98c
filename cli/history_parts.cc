#include "cli/history_parts.h"

#include <algorithm>
#include <cstdlib>

#include <spdlog/spdlog.h>

#include "base/random.h"
#include "cli/command_output.h"
#include "pipeline/log_record.h"
#include "replay/history_build.h"

namespace florin::cli {

namespace {

// Threads of history stand back behind those that answer, as far as they can: in a burst they lag,
// and when the window is full it is the ledger that waits, and they have the processor.
constexpr int kNiceness = 19;
constexpr u64 kRunChangesLeast = 1024;

// Without the answer nothing can be decided, and going on would be guessing.
[[noreturn]] void end_process(const Error& error) {
  spdlog::critical(
      "history cannot be read: {}; stopped at once: what was not durable was not "
      "answered. Mend the disk, or restore a backup",
      error.message);
  spdlog::default_logger()->flush();  // Not gone: other threads may have something to say.
  std::_Exit(2);
}

history::HistoryAlarmListener alarm(std::string who) {
  return [who = std::move(who)](const history::HistoryAlarm& told) {
    if (told.over) {
      spdlog::info("{}: works again", who);
    } else {
      spdlog::error("{}: {}; it is tried again", who, told.error.message);
    }
  };
}

}  // namespace

HistoryParts::~HistoryParts() = default;

Status HistoryParts::open(const storage::DataDirectory& directory) {
  if (options_.no_history) return {};
  history::RocksOptions rocks;
  rocks.directory = directory.history_path();
  rocks.ledger_id = directory.ledger_id();
  rocks.cache_bytes = options_.history_cache_mib * kMiB;
  rocks.fatal = end_process;
  rocks.told = [](std::string_view error) { spdlog::error("history's store: {}", error); };
  rocks.hash_seed = entropy_seed();
  auto store = history::RocksStore::open(rocks);
  if (!store) return tl::unexpected<Error>(std::move(store).error());
  store_ = std::move(*store);
  return sinks_.open(options_, directory, *store_);
}

Result<wal::LogEnd> HistoryParts::catch_up(storage::Storage& storage,
                                           const storage::DataDirectory& directory) {
  spdlog::info(
      "history is behind, and memory too small for what it lacks: following the log first");
  replay::HistoryBuildOptions from;
  from.log_directory = directory.log_path();
  from.log_id = directory.ledger_id();
  u64 last = clock_.monotonic_ns();
  const auto built = replay::build_history(storage, from, *store_, [&](const auto& progress) {
    if (clock_.monotonic_ns() - last < kNsPerSecond) return;
    last = clock_.monotonic_ns();
    spdlog::info("history: position {}", progress.position.value);
  });
  if (!built) return tl::unexpected<Error>(built.error());
  return store_->durable().log;
}

void HistoryParts::make(const storage::DataDirectory& directory,
                        std::unique_ptr<storage::Storage> log_storage, pipeline::Stages& stages,
                        ledger::ReplySink& router,
                        const std::vector<std::unique_ptr<net::Server>>& servers) {
  std::vector<ledger::ReplySink*> query_sinks;
  if (store_ != nullptr) {
    std::vector<ledger::ReplySink*> outboxes;
    for (const auto& server : servers) outboxes.push_back(&server->add_outbox());
    query_router_ = std::make_unique<net::ReplyRouter>(outboxes);
    query_sinks.push_back(query_router_.get());
  }
  queries_ = std::make_unique<history::QueryService>(history::QueryServiceOptions{}, store_.get(),
                                                     &readable_, clock_, router, query_sinks);
  if (store_ == nullptr) return;
  queries_->set_error_listener(
      [](const Error& error) { spdlog::error("a question about the past: {}", error.message); });
  gate_ = std::make_unique<pipeline::HistoryGate>(stages.core_bell, recorder_bell_);
  feed_ = std::make_unique<pipeline::CommitFeed>(options_.limits.commit_feed_bytes, recorder_bell_);
  log_storage_ = std::move(log_storage);
  history::BlockSourceOptions source;
  source.directory = directory.log_path();
  source.log_id = directory.ledger_id();
  source.state_machine_version = pipeline::kStateMachineVersion;
  source_ = std::make_unique<history::BlockSource>(*log_storage_, source, feed_.get());
  history::RecorderOptions recorder;
  // A small window waits for short runs.
  recorder.run_changes_max =
      std::clamp(options_.limits.transfers_max / 8, kRunChangesLeast, recorder.run_changes_max);
  recorder_ = std::make_unique<history::Recorder>(
      history::Recorder::Parts{*store_, *source_, *gate_, clock_, writer_bell_, &readable_},
      recorder, Random(entropy_seed()));
  recorder_->set_alarm_listener(alarm("history"));
  writer_ = std::make_unique<history::RunWriter>(
      history::RunWriter::Parts{*store_, *gate_, clock_, recorder_bell_, nullptr},
      history::BackOffOptions{}, Random(entropy_seed()));
  writer_->set_alarm_listener(alarm("history's disk"));
}

void HistoryParts::connect(pipeline::Core& core) {
  if (store_ == nullptr) return;
  core.set_history(gate_.get());
  core.set_commit_feed(feed_.get());
}

void HistoryParts::start_threads(pipeline::ThreadGroup& threads) {
  if (store_ == nullptr) return;
  const auto start = [&](const char* name, Agent& agent, Doorbell& bell, int niceness) {
    parkers_.push_back(std::make_unique<pipeline::BellParker>(bell));
    threads.start({name, {&agent}, parkers_.back().get(), -1, 0, niceness});
  };
  start("florin-hist", *recorder_, recorder_bell_, kNiceness);
  start("florin-runs", *writer_, writer_bell_, kNiceness);
  for (u32 thread = 0; thread < queries_->threads(); ++thread) {
    start("florin-query", queries_->agent(thread), queries_->bell(thread), 0);
  }
  sinks_.start_threads(threads, kNiceness);
}

std::vector<std::string> HistoryParts::thread_names() const {
  if (store_ == nullptr) return {};
  std::vector<std::string> names = {"hist: follows the log", "runs: writes history",
                                    "query: answers from history"};
  for (std::string& name : sinks_.thread_names()) names.push_back(std::move(name));
  return names;
}

bool HistoryParts::finish(Position end) {
  if (store_ == nullptr) return true;
  if (!finishing_) {
    finishing_ = true;
    recorder_->hurry();
    recorder_bell_.ring();
  }
  // What fails now has failed for a while: the next start follows the rest of the log.
  const bool failing = recorder_->status().failing() || writer_->status().failing();
  if (gate_->durable() < end && !failing) return false;
  return sinks_.finish();
}

void HistoryParts::describe(protocol::ServerInfo& info, const pipeline::CoreStatus& status) const {
  info.id_window = options_.limits.transfers_max;
  info.ids_in_memory = status.transfers_in_memory.load(std::memory_order_relaxed);
  info.window_refusals = status.window_refusals.load(std::memory_order_relaxed);
  info.history_enabled = store_ != nullptr;
  if (store_ == nullptr) return;
  const Position newest{status.durable_position.load(std::memory_order_acquire)};
  info.history_position = gate_->readable();
  info.history_durable_position = gate_->durable();
  info.history_lag_ns = recorder_->lag_ns(newest, clock_.wall_time());
  info.sinks = sinks_.describe();
}

}  // namespace florin::cli
