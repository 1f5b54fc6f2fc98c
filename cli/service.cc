#include "cli/service.h"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "base/random.h"
#include "net/address.h"
#include "storage/open_storage.h"

namespace florin::cli {

namespace {

// How long answers may take to leave after a stop was asked for.
constexpr u64 kDrainNs = 10'000'000'000;
// How often the core thread looks up from its sleep: what it waits for while stopping rings no
// bell.
constexpr int kCoreLookMs = 100;
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

void report_recovery(const replay::RecoveryProgress& progress) {
  constexpr double kMiBytes = static_cast<double>(kMiB);
  spdlog::info("recovering: {} events, {:.0f} of at most {:.0f} MiB of log read", progress.events,
               static_cast<double>(progress.bytes_read) / kMiBytes,
               static_cast<double>(progress.bytes_total) / kMiBytes);
}

}  // namespace

// The network as an agent of the thread that runs it.
class Service::NetAgent final : public pipeline::Agent {
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
class Service::StopAgent final : public pipeline::Agent {
 public:
  explicit StopAgent(Service& service) : service_(service) {}

  usize step() override {
    if (service_.core_->status().failed.load(std::memory_order_acquire)) return finish();
    if (!service_.stop_requested_.load(std::memory_order_acquire)) return 0;
    if (deadline_ns_ == 0) {
      deadline_ns_ = service_.clock_.monotonic_ns() + kDrainNs;
      for (const auto& server : service_.servers_) server->drain();
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
      return finish();
    }
    if (service_.clock_.monotonic_ns() > deadline_ns_ + kDrainNs) return finish();
    return 0;
  }

 private:
  bool servers_drained() const {
    return std::all_of(service_.servers_.begin(), service_.servers_.end(),
                       [](const auto& server) { return server->drained(); });
  }
  usize finish() {
    service_.finished_.store(true, std::memory_order_release);
    return 0;
  }

  Service& service_;
  u64 deadline_ns_ = 0;
  bool stopping_core_ = false;
};

Service::Service(ServiceOptions options, Topology topology)
    : options_(std::move(options)), topology_(topology), start_time_(clock_.wall_time()) {}

Service::~Service() = default;

Result<std::unique_ptr<Service>> Service::open(ServiceOptions options, Topology topology) {
  RETURN_IF_ERROR(check_limits(options.limits));
  std::unique_ptr<Service> service(new Service(std::move(options), topology));
  // Listening first, so that a taken port is found before a long recovery; nobody is accepted until
  // the threads run.
  RETURN_IF_ERROR(service->open_directory());
  RETURN_IF_ERROR(service->listen());
  RETURN_IF_ERROR(service->recover());
  RETURN_IF_ERROR(service->open_log());
  service->make_stages();
  return service;
}

Status Service::open_directory() {
  const auto chosen = storage_options(options_);
  if (!chosen) return tl::unexpected<Error>(chosen.error());
  auto lock = storage::ProcessLock::acquire(options_.data_directory);
  if (!lock) return tl::unexpected<Error>(std::move(lock).error());
  lock_.emplace(std::move(*lock));
  auto storage = storage::open_storage(*chosen);
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
    servers_.push_back(
        std::make_unique<net::Server>(server_options, *this, [this] { return server_info(); }));
    all.push_back(servers_.back().get());
  }
  servers_.front()->share_with(all);
  return servers_.front()->listen(options_.host, options_.port);
}

Status Service::recover() {
  auto engine = engine::Engine::create(options_.limits, topology_.partitions, entropy_seed());
  if (!engine) return tl::unexpected<Error>(std::move(engine).error());
  engine_ = std::move(*engine);
  if (options_.touch_memory) {
    engine_->touch(options_.limits.accounts_max, options_.limits.transfers_max);
  }
  replay::RecoveryOptions recovery;
  recovery.log_directory = directory_->log_path();
  recovery.log_id = directory_->ledger_id();
  recovery.limits = options_.limits;
  const u64 start = clock_.monotonic_ns();
  u64 last = start;
  auto recovered =
      replay::recover(*storage_, *engine_, clock_, recovery, [&](const auto& progress) {
        constexpr u64 kSecond = 1'000'000'000;
        if (clock_.monotonic_ns() - last < kSecond) return;
        last = clock_.monotonic_ns();
        report_recovery(progress);
      });
  if (!recovered) return tl::unexpected<Error>(std::move(recovered).error());
  recovered_ = *recovered;
  return {};
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
  auto writer = wal::Writer::open(*storage_, clock_, log, recovered_.end);
  if (!writer) return tl::unexpected<Error>(std::move(writer).error());
  log_ = std::move(*writer);
  storage_description_ = storage_->describe();
  return {};
}

void Service::make_stages() {
  std::vector<ledger::ReplySink*> sinks;
  for (const auto& server : servers_) sinks.push_back(server.get());
  router_ = std::make_unique<net::ReplyRouter>(sinks);
  stages_ = std::make_unique<pipeline::Stages>(topology_.workers, options_.limits.blocks_in_flight);
  stages_->lane_on_core_thread = !topology_.lane_thread;
  core_ = std::make_unique<pipeline::Core>(options_.limits, *engine_, *log_, *stages_, clock_,
                                           *router_, topology_.mode, channels(), recovered_.order);
  if (!options_.touch_memory) {
    toucher_ = std::make_unique<pipeline::MemoryToucher>(*engine_);
    toucher_->follow(engine_->accounts_used(), engine_->transfers_used());
    core_->set_memory_toucher(toucher_.get());
  }
  if (topology_.workers == 0) return;
  lane_ = std::make_unique<pipeline::Lane>(*engine_, *stages_);
  for (u32 index = 0; index < topology_.workers; ++index) {
    workers_.push_back(std::make_unique<pipeline::Worker>(*engine_, *stages_, index));
  }
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
    return fail(ErrorCode::Timeout, "the log did not take everything within 20 s of the stop");
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
  return names;
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
  info.durable_position = position();
  info.ledger_id = directory_->ledger_id();
  info.storage = storage_description_;
  info.memory_bytes_planned = planned_memory_bytes(options_.limits);
  info.start_time = start_time_;
  return info;
}

}  // namespace florin::cli
