#include "cli/service.h"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "base/int128.h"
#include "base/random.h"
#include "cli/service_reports.h"
#include "cli/witness_check.h"
#include "cli/witness_file.h"
#include "net/address.h"
#include "storage/open_storage.h"
#include "wal/segment_directory.h"

namespace florin::cli {

namespace {

// Between two lines about refused witnesses.
constexpr u64 kAlarmPauseNs = 60'000'000'000;
// How long answers may take to leave after a stop was asked for.
constexpr u64 kDrainNs = 10'000'000'000;
// How often the core thread looks up from its sleep: what it waits for while stopping rings no
// bell.
constexpr int kCoreLookMs = 100;
// More threads than this do not load a snapshot faster.
constexpr u32 kRecoveryThreadsMax = 8;
// How long a thread with a processor to itself looks for work before it sleeps.
constexpr u64 kSpinNs = 50'000;

std::string mode_name(pipeline::Mode mode) {
  switch (mode) {
    case pipeline::Mode::Auto: return "auto";
    case pipeline::Mode::Inline: return "inline";
    case pipeline::Mode::Parallel: return "parallel";
  }
  return "unknown";
}

}  // namespace

// The network as an agent of the thread that runs it.
class Service::NetAgent final : public Agent {
 public:
  explicit NetAgent(net::Server& server) : server_(server) {}
  usize step() override { return server_.step(); }

 private:
  net::Server& server_;
};

class Service::NetParker final : public pipeline::Parker {
 public:
  explicit NetParker(net::Server& server) : server_(server) {}
  void arm() override {}  // The server's own wake-up is remembered until the next park.
  void disarm() override {}
  void wait(u64 sleep_ns_max) override { server_.park(sleep_ns_max); }
  void wake() override { server_.wake(); }

 private:
  net::Server& server_;
};

// Leads the way out, on the core thread: first the connections, then the log.
class Service::StopAgent final : public Agent {
 public:
  explicit StopAgent(Service& service) : service_(service) {}

  usize step() override {
    if (service_.core_->status().failed.load(std::memory_order_acquire)) return finish();
    if (!service_.stop_requested_.load(std::memory_order_acquire)) return 0;
    if (deadline_ns_ == 0) {
      deadline_ns_ = service_.clock_.monotonic_ns() + kDrainNs;
      for (const auto& server : service_.servers_) server->drain();
      service_.history_->stop_queries();
      return 1;
    }
    const bool late = service_.clock_.monotonic_ns() > deadline_ns_;
    if (!stopping_core_ && (late || servers_drained())) {
      if (late) spdlog::warn("some clients did not take their answers in 10 s: cut off");
      stopping_core_ = true;
      service_.core_->stop();
      return 1;
    }
    if (stopping_core_ && service_.core_->status().drained.load(std::memory_order_acquire)) {
      service_.drained_ = true;
      // History is worth some seconds: otherwise the next start follows the rest of the log.
      if (service_.history_->finish(service_.position())) return finish();
    }
    if (service_.clock_.monotonic_ns() > deadline_ns_ + stop_ns_max()) return finish();
    return 0;
  }

  // What it waits for while stopping does not always ring.
  u64 sleep_ns_max() override {
    constexpr u64 kLookNs = 20'000'000;
    return deadline_ns_ == 0 ? ~u64{0} : kLookNs;
  }

 private:
  bool servers_drained() const {
    return std::all_of(service_.servers_.begin(), service_.servers_.end(),
                       [](const auto& server) { return server->drained(); });
  }
  // After the connections: for the log, and for the last snapshot.
  u64 stop_ns_max() const { return kDrainNs + service_.options_.limits.snapshot_stop_ns_max; }
  usize finish() {
    service_.finished_.store(true, std::memory_order_release);
    return 0;
  }

  Service& service_;
  u64 deadline_ns_ = 0;
  bool stopping_core_ = false;
};

Service::Service(ServiceOptions options, Topology topology, StorageFactory storage_factory)
    : options_(std::move(options)),
      topology_(std::move(topology)),
      storage_factory_(std::move(storage_factory)),
      start_time_(clock_.wall_time()),
      history_(std::make_unique<HistoryParts>(options_, clock_)) {}

Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::open(ServiceOptions options, Topology topology,
                                               StorageFactory storage_factory) {
  RETURN_IF_ERROR(check_limits(options.limits));
  std::unique_ptr<Service> service(
      new Service(std::move(options), std::move(topology), std::move(storage_factory)));
  // Listening first, so that a taken port is found before a long recovery; nobody is accepted until
  // the threads run.
  RETURN_IF_ERROR(service->open_directory());
  RETURN_IF_ERROR(service->listen());
  RETURN_IF_ERROR(service->history_->open(*service->directory_));
  RETURN_IF_ERROR(service->recover());
  RETURN_IF_ERROR(service->check_start_witness());
  RETURN_IF_ERROR(service->open_log());
  RETURN_IF_ERROR(service->open_snapshots());
  RETURN_IF_ERROR(service->make_stages());
  return service;
}

Status Service::open_directory() {
  const auto chosen = storage_options(options_);
  if (!chosen) return tl::unexpected<Error>(chosen.error());
  auto lock = storage::ProcessLock::acquire(options_.data_directory);
  if (!lock) return tl::unexpected<Error>(std::move(lock).error());
  lock_.emplace(std::move(*lock));
  auto storage = storage_factory_(*chosen);
  if (!storage) return tl::unexpected<Error>(std::move(storage).error());
  storage_ = std::move(*storage);
  Random random(entropy_seed());
  auto directory = storage::DataDirectory::open(
      *storage_, options_.data_directory, random.next_u128() | 1, options_.limits.segment_bytes);
  if (!directory) return tl::unexpected<Error>(std::move(directory).error());
  directory_.emplace(std::move(*directory));
  options_.limits.segment_bytes = directory_->segment_bytes();
  return {};
}

Status Service::listen() {
  const u32 count = std::max(1U, topology_.net_threads);
  std::vector<net::Server*> all;
  for (u32 channel = 0; channel < count; ++channel) {
    net::ServerOptions server_options = net::server_options(options_.limits, channel);
    server_options.connections_max = std::max(1U, options_.limits.connections_max / count);
    servers_.push_back(std::make_unique<net::Server>(server_options, *this, voice()));
    all.push_back(servers_.back().get());
  }
  servers_.front()->share_with(all);
  return servers_.front()->listen(options_.host, options_.port);
}

Status Service::recover() {
  replay::RecoveryOptions recovery;
  recovery.log_directory = directory_->log_path();
  recovery.log_id = directory_->ledger_id();
  recovery.limits = options_.limits;
  recovery.snapshot_directory = directory_->snapshot_path();
  recovery.partitions = topology_.partitions;
  recovery.hash_seed = entropy_seed();
  recovery.threads = std::min(topology_.processors, kRecoveryThreadsMax);
  recovery.set_aside_damaged = true;
  recovery.touch_memory = options_.touch_memory;
  if (history_->store() != nullptr) {
    recovery.past = history_->store();
    recovery.history_durable = history_->store()->durable().log;
    recovery.catch_up_history = [this] { return history_->catch_up(*storage_, *directory_); };
  }
  u64 last = clock_.monotonic_ns();
  auto recovered = replay::recover(*storage_, clock_, recovery, [&](const auto& progress) {
    if (clock_.monotonic_ns() - last < kNsPerSecond) return;
    last = clock_.monotonic_ns();
    report_progress(progress);
  });
  if (!recovered) return tl::unexpected<Error>(std::move(recovered).error());
  recovered_ = std::move(*recovered);
  engine_ = std::move(recovered_.engine);
  for (const auto& [position, chain] : recovered_.chain) chain_points_.push_back({position, chain});
  recovered_.chain.clear();
  return {};
}

// Before anything is written: a directory that should not be served stays as it was found.
Status Service::check_start_witness() const {
  if (options_.witness_file.empty()) return {};
  const auto told = read_witness_file(options_.witness_file);
  if (!told) return tl::unexpected<Error>(told.error());
  if (told->ledger_id != 0 && told->ledger_id != directory_->ledger_id()) {
    return fail(ErrorCode::Refused, "--witness " + options_.witness_file + " is of ledger " +
                                        florin::to_decimal(told->ledger_id) + ", and " +
                                        options_.data_directory + " holds ledger " +
                                        florin::to_decimal(directory_->ledger_id()));
  }
  pipeline::LogHistory history;
  history.restart(chain_points_);
  const auto refusal = refuse_witness(history, told->witness);
  if (!refusal) return {};
  return fail(
      ErrorCode::Refused,
      "--witness " + options_.witness_file + ": " + refusal->message + ". The log in " +
          options_.data_directory +
          " was not touched. Start with the newest copy of the data, or, if this state is to "
          "be served all the same, without --witness");
}

Status Service::open_log() {
  wal::WriterOptions log;
  log.directory = directory_->log_path();
  log.log_id = directory_->ledger_id();
  log.state_machine_version = pipeline::kStateMachineVersion;
  log.segment_bytes = options_.limits.segment_bytes;
  log.segments_ahead = options_.limits.segments_ahead;
  log.writes_in_flight_max = options_.limits.log_writes_in_flight;
  log.body_bytes_max = options_.limits.block_bytes_max;
  log.archive = options_.archive;
  auto writer = wal::Writer::open(*storage_, clock_, log, recovered_.end);
  if (!writer) return tl::unexpected<Error>(std::move(writer).error());
  log_ = std::move(*writer);
  const auto segments = wal::list_segments(*storage_, log.directory);
  if (!segments) return tl::unexpected<Error>(segments.error());
  first_segment_at_start_ = segments->front().number;
  storage_description_ = storage_->describe();
  return {};
}

// Plain system calls: a thread beside the core may wait for the disk, and unlike a ring they do not
// belong to the thread that opened them.
Result<std::unique_ptr<storage::Storage>> Service::open_file_storage() {
  auto chosen = storage_options(options_);
  if (!chosen) return tl::unexpected<Error>(chosen.error());
  chosen->kind = storage::StorageKind::Posix;
  return storage_factory_(*chosen);
}

Status Service::open_snapshots() {
  auto storage = open_file_storage();
  if (!storage) return tl::unexpected<Error>(std::move(storage).error());
  snapshot_storage_ = std::move(*storage);
  snapshot::TakerOptions taker;
  taker.directory = directory_->snapshot_path();
  taker.ledger_id = directory_->ledger_id();
  taker.state_machine_version = pipeline::kStateMachineVersion;
  taker.bytes_per_second = options_.snapshot_rate_mib * kMiB;
  taker_ = std::make_unique<snapshot::Taker>(*snapshot_storage_, clock_, *engine_, taker);
  return {};
}

Status Service::make_stages() {
  std::vector<ledger::ReplySink*> sinks;
  for (const auto& server : servers_) sinks.push_back(server.get());
  router_ = std::make_unique<net::ReplyRouter>(sinks);
  stages_ = std::make_unique<pipeline::Stages>(topology_.workers, options_.limits.blocks_in_flight);
  stages_->lane_on_core_thread = !topology_.lane_thread;
  RETURN_IF_ERROR(history_->check_export(recovered_.end.position));
  auto log_storage = open_file_storage();
  if (!log_storage) return tl::unexpected<Error>(std::move(log_storage).error());
  history_->make(*directory_, std::move(*log_storage), *stages_, *router_, servers_);
  core_ = std::make_unique<pipeline::Core>(options_.limits, *engine_, *log_, *stages_, clock_,
                                           history_->replies(), topology_.mode, channels(),
                                           recovered_.order);
  history_->connect(*core_);
  core_->set_taker(taker_.get(), snapshot_start());
  core_->set_snapshot_listener([retry_ns = options_.limits.snapshot_retry_ns](const auto& taken) {
    report_snapshot(taken, retry_ns);
  });
  core_->remember(chain_points_);
  core_->log_outcomes(std::move(recovered_.unlogged_outcomes));
  if (!options_.touch_memory) {
    toucher_ = std::make_unique<pipeline::MemoryToucher>(*engine_);
    toucher_->follow(engine_->accounts_used(), engine_->transfers_used());
    core_->set_memory_toucher(toucher_.get());
  }
  if (topology_.workers == 0) return {};
  lane_ = std::make_unique<pipeline::Lane>(*engine_, *stages_);
  for (u32 index = 0; index < topology_.workers; ++index) {
    workers_.push_back(std::make_unique<pipeline::Worker>(*engine_, *stages_, index));
  }
  return {};
}

// Where recovery leaves the next snapshot.
pipeline::SnapshotStart Service::snapshot_start() const {
  pipeline::SnapshotStart start;
  start.log_bytes = recovered_.log_bytes;
  start.segments_needed_from = recovered_.segments_needed_from;
  if (recovered_.snapshot) {
    start.position = recovered_.snapshot->log.position;
    start.time_ns = recovered_.snapshot_taken_at;
  }
  return start;
}

void Service::start_threads(pipeline::ThreadGroup& threads) {
  usize next = 1;  // The first processor is the core's.
  const auto next_cpu = [&] { return topology_.pinned.empty() ? -1 : topology_.pinned[next++]; };
  const u64 spin = topology_.pinned.empty() ? 0 : kSpinNs;
  for (u32 index = 0; index < topology_.net_threads; ++index) {
    net_agents_.push_back(std::make_unique<NetAgent>(*servers_[index]));
    parkers_.push_back(std::make_unique<NetParker>(*servers_[index]));
    threads.start({"florin-net" + std::to_string(index),
                   {net_agents_.back().get()},
                   parkers_.back().get(),
                   next_cpu(),
                   0});
  }
  parkers_.push_back(std::make_unique<pipeline::BellParker>(
      taker_->bell(), snapshot_storage_->completion_descriptor()));
  threads.start({"florin-snap", {taker_.get()}, parkers_.back().get(), -1, 0});
  history_->start_threads(threads);
  if (topology_.lane_thread) {
    parkers_.push_back(std::make_unique<pipeline::BellParker>(stages_->lane_bell));
    threads.start({"florin-lane", {lane_.get()}, parkers_.back().get(), next_cpu(), spin});
  }
  for (u32 index = 0; index < topology_.workers; ++index) {
    parkers_.push_back(std::make_unique<pipeline::BellParker>(stages_->worker(index).bell));
    threads.start({"florin-work" + std::to_string(index),
                   {workers_[index].get()},
                   parkers_.back().get(),
                   next_cpu(),
                   spin});
  }
}

Status Service::run() {
  pipeline::ThreadGroup threads;
  StopAgent stop(*this);
  pipeline::ThreadPlan core{
      "florin-core", {}, nullptr, topology_.pinned.empty() ? -1 : topology_.pinned.front(), 0};
  if (topology_.net_threads == 0) {
    net_agents_.push_back(std::make_unique<NetAgent>(*servers_.front()));
    parkers_.push_back(std::make_unique<NetParker>(*servers_.front()));
    const int completions = storage_->completion_descriptor();
    if (completions >= 0) servers_.front()->watch(completions);
    core.agents.push_back(net_agents_.back().get());
  } else {
    parkers_.push_back(std::make_unique<pipeline::BellParker>(
        stages_->core_bell, storage_->completion_descriptor(), kCoreLookMs));
    core.spin_ns = topology_.pinned.empty() ? 0 : kSpinNs;
  }
  core.parker = parkers_.back().get();
  core.agents.push_back(core_.get());
  if (lane_ && !topology_.lane_thread) core.agents.push_back(lane_.get());
  core.agents.push_back(&stop);
  start_threads(threads);
  pipeline::run_agents(core, finished_);
  threads.stop();
  if (core_->status().failed.load(std::memory_order_acquire)) {
    return tl::unexpected<Error>(core_->failure());
  }
  if (!drained_) {
    return fail(ErrorCode::Timeout, "the log did not take everything in time after the stop");
  }
  return {};
}

void Service::request_stop() {
  stop_requested_.store(true, std::memory_order_release);
  stages_->core_bell.ring();
  servers_.front()->wake();
}

void Service::submit(u32 channel, ledger::Request* request) { core_->submit(channel, request); }

u16 Service::port() const { return servers_.front()->port(); }

Position Service::position() const {
  return Position{core_->status().durable_position.load(std::memory_order_acquire)};
}

std::vector<std::string> Service::thread_names() const {
  std::vector<std::string> names;
  std::string core = topology_.net_threads == 0 ? "core: network, order, log" : "core: order, log";
  if (topology_.mode != pipeline::Mode::Parallel) core += ", inline execution";
  if (topology_.workers != 0 && !topology_.lane_thread) core += ", authorise";
  names.push_back(core);
  for (u32 index = 0; index < topology_.net_threads; ++index) {
    names.push_back("net" + std::to_string(index) + ": network");
  }
  if (topology_.lane_thread) names.emplace_back("lane: authorise");
  for (u32 index = 0; index < topology_.workers; ++index) {
    names.push_back("work" + std::to_string(index) + ": resolve, post");
  }
  names.emplace_back("snap: snapshots");
  for (std::string& name : history_->thread_names()) names.push_back(std::move(name));
  return names;
}

net::ServerVoice Service::voice() {
  return {
      .server_info = [this] { return server_info(); },
      .take_snapshot = [this] { core_->request_snapshot(); },
      .check_witness = [this](const protocol::Witness& witness) { return check_witness(witness); }};
}

// Either the client talks to the wrong server, or what was confirmed to it is gone: both are for a
// person to look at, at once.
std::optional<protocol::Refusal> Service::check_witness(const protocol::Witness& witness) {
  auto refusal = refuse_witness(core_->history(), witness);
  if (!refusal) return refusal;
  const u64 refusals = witness_refusals_.fetch_add(1, std::memory_order_relaxed) + 1;
  // The first of a kind at once, and then a line a minute: a client that asks again and again does
  // not bury what else there is to read.
  const bool behind = refusal->code == ledger::RefusalCode::BehindWitness;
  std::atomic<u64>& next_alarm = next_alarm_ns_[behind ? 0 : 1];
  const u64 now = clock_.monotonic_ns();
  u64 next = next_alarm.load(std::memory_order_relaxed);
  if (now < next || !next_alarm.compare_exchange_strong(next, now + kAlarmPauseNs)) return refusal;
  spdlog::critical("{}: a client was refused, since {}; {} refused since the start",
                   ledger::name(refusal->code), refusal->message, refusals);
  return refusal;
}

protocol::ServerInfo Service::server_info() const {
  protocol::ServerInfo info;
  const pipeline::CoreStatus& status = core_->status();
  info.version = FLORIN_VERSION;
  info.partitions = topology_.partitions;
  info.workers = topology_.workers;
  info.mode = mode_name(topology_.mode);
  info.threads = thread_names();
  info.accounts = status.accounts.load(std::memory_order_relaxed);
  info.accounts_max = options_.limits.accounts_max;
  info.transfers = status.transfers.load(std::memory_order_relaxed);
  info.transfers_max = options_.limits.transfers_max;
  info.request_events_max = options_.limits.request_events_max;
  info.frame_bytes_max = options_.limits.frame_bytes_max;
  const pipeline::ChainPoint durable = core_->history().newest();
  info.durable_position = durable.position;
  info.durable_chain = durable.chain;
  info.ledger_id = directory_->ledger_id();
  info.storage = storage_description_;
  info.memory_bytes_planned = planned_memory_bytes(options_.limits, topology_.partitions);
  info.start_time = start_time_;
  add_snapshots(info);
  history_->describe(info, status);
  info.witness_refusals = witness_refusals_.load(std::memory_order_relaxed);
  return info;
}

void Service::add_snapshots(protocol::ServerInfo& info) const {
  const pipeline::CoreStatus& status = core_->status();
  // The position first, since it is written last.
  info.snapshot_position = Position{status.snapshot_position.load(std::memory_order_acquire)};
  info.snapshot_time = Timestamp{status.snapshot_time_ns.load(std::memory_order_relaxed)};
  info.snapshots_taken = status.snapshots_taken.load(std::memory_order_relaxed);
  info.snapshot_failures = status.snapshot_failures.load(std::memory_order_acquire);
  info.snapshot_under_way = status.snapshot_under_way.load(std::memory_order_relaxed);
  const u64 needed_from = status.log_first_segment.load(std::memory_order_relaxed);
  info.log_first_segment =
      options_.archive || needed_from == 0 ? first_segment_at_start_ : needed_from;
  info.log_last_segment = status.log_last_segment.load(std::memory_order_relaxed);
  if (recovered_.snapshot) info.recovered_from = recovered_.snapshot->log.position;
}

}  // namespace florin::cli
