#include "tests/sim/sim_server.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "pipeline/log_record.h"

namespace florin::test {

namespace {}

struct SimServer::Connection {
  Connection(net::SessionContext& context, std::shared_ptr<Link> between)
      : session(context, this), link(std::move(between)) {}

  net::Session session;
  std::shared_ptr<Link> link;
};

SimServer::SimServer(SimStorage& disk, ManualClock& clock, SimServerOptions options,
                     SimServerEvents events)
    : disk_(disk), clock_(clock), options_(std::move(options)), events_(std::move(events)) {}

SimServer::~SimServer() {
  agents_.clear();
  workers_.clear();
  lane_.reset();
  core_.reset();
  history_.reset();
  connections_.clear();
}

Status SimServer::start(Random& random) {
  RETURN_IF_ERROR(storage::create_data_directory(disk_, kSimDirectory));
  const auto directory = storage::DataDirectory::open(disk_, kSimDirectory, kSimLedgerId,
                                                      options_.limits.segment_bytes);
  RETURN_IF_ERROR(directory);
  options_.limits.segment_bytes = directory->segment_bytes();
  RETURN_IF_ERROR(recover(*directory));
  RETURN_IF_ERROR(open_log(*directory));
  make_contexts();
  if (options_.history != nullptr) start_history(*directory, random);
  make_stages(*directory);
  return {};
}

Status SimServer::recover(const storage::DataDirectory& directory) {
  replay::RecoveryOptions recovery;
  recovery.log_directory = directory.log_path();
  recovery.log_id = directory.ledger_id();
  recovery.limits = options_.limits;
  recovery.snapshot_directory = directory.snapshot_path();
  recovery.partitions = options_.partitions;
  recovery.hash_seed = options_.hash_seed;
  recovery.set_aside_damaged = true;
  if (options_.history != nullptr) {
    recovery.past = options_.history;
    recovery.history_durable = options_.history->durable().log;
  }
  auto recovered = replay::recover(disk_, clock_, recovery, [](const auto&) {});
  RETURN_IF_ERROR(recovered);
  recovered_ = std::move(*recovered);
  return {};
}

Status SimServer::open_log(const storage::DataDirectory& directory) {
  const Limits& limits = options_.limits;
  wal::WriterOptions log;
  log.directory = directory.log_path();
  log.log_id = directory.ledger_id();
  log.state_machine_version = pipeline::kStateMachineVersion;
  log.segment_bytes = limits.segment_bytes;
  log.segments_ahead = limits.segments_ahead;
  log.writes_in_flight_max = limits.log_writes_in_flight;
  log.body_bytes_max = limits.block_bytes_max;
  log.recycled_segments_max = 3;
  log.archive = options_.archive;
  auto writer = wal::Writer::open(disk_, clock_, log, recovered_.end);
  RETURN_IF_ERROR(writer);
  log_ = std::move(*writer);
  return {};
}

void SimServer::start_history(const storage::DataDirectory& directory, Random& random) {
  history_disk_ = disk_.another_user(options_.snapshot_disk);
  SimHistoryOptions options;
  options.log_directory = directory.log_path();
  options.log_id = directory.ledger_id();
  options.feed_bytes = options_.limits.commit_feed_bytes;
  options.recorder = options_.recorder;
  options.queries = options_.queries;
  history_ = std::make_unique<SimHistory>(*options_.history, *history_disk_, clock_, *this, options,
                                          random);
  history_agents_ = history_->agents();
}

void SimServer::make_stages(const storage::DataDirectory& directory) {
  const Limits& limits = options_.limits;
  const bool parallel = options_.mode != pipeline::Mode::Inline;
  engine::Engine& engine = *recovered_.engine;
  stages_ = std::make_unique<pipeline::Stages>(parallel ? options_.partitions : 0,
                                               limits.blocks_in_flight);
  core_ = std::make_unique<pipeline::Core>(limits, engine, *log_, *stages_, clock_, release_,
                                           options_.mode, kChannels, recovered_.order);
  core_->remember(recovered_.chain);
  core_->log_outcomes(std::move(recovered_.unlogged_outcomes));
  if (history_) history_->connect(*core_);
  if (options_.snapshots) {
    snapshot_disk_ = disk_.another_user(options_.snapshot_disk);
    snapshot::TakerOptions taker;
    taker.directory = directory.snapshot_path();
    taker.ledger_id = directory.ledger_id();
    taker.state_machine_version = pipeline::kStateMachineVersion;
    taker.bytes_per_second = 0;
    taker.buffers = 2;
    taker_ = std::make_unique<snapshot::Taker>(*snapshot_disk_, clock_, engine, taker);
    pipeline::SnapshotStart start;
    if (recovered_.snapshot) start.position = recovered_.snapshot->log.position;
    start.time_ns = recovered_.snapshot_taken_at;
    start.log_bytes = recovered_.log_bytes;
    start.segments_needed_from = recovered_.segments_needed_from;
    core_->set_taker(taker_.get(), start);
    agents_.push_back(taker_.get());
  }
  agents_.push_back(core_.get());
  if (!parallel) return;
  lane_ = std::make_unique<pipeline::Lane>(engine, *stages_);
  agents_.push_back(lane_.get());
  for (u32 index = 0; index < options_.partitions; ++index) {
    workers_.push_back(std::make_unique<pipeline::Worker>(engine, *stages_, index));
    agents_.push_back(workers_.back().get());
  }
}

void SimServer::make_contexts() {
  for (u32 channel = 0; channel < kChannels; ++channel) {
    memories_.push_back(std::make_unique<net::SessionMemory>(options_.limits.frame_bytes_max));
    net::ServerVoice voice{[this] { return server_info(); }, [this] { core_->request_snapshot(); },
                           [this](const auto& witness) { return check_witness(witness); }};
    contexts_.push_back(std::make_unique<net::SessionContext>(
        net::SessionContext{*memories_.back(), *this, channel, net::session_limits(options_.limits),
                            std::move(voice)}));
  }
}

protocol::ServerInfo SimServer::server_info() const {
  const pipeline::ChainPoint newest = core_->history().newest();
  protocol::ServerInfo info;
  info.durable_position = newest.position;
  info.durable_chain = newest.chain;
  return info;
}

std::optional<protocol::Refusal> SimServer::check_witness(const protocol::Witness& witness) const {
  using pipeline::WitnessFinding;
  const pipeline::LogHistory& history = core_->history();
  const bool behind = witness.position > history.newest().position;
  // Of answers a client remembers only the position.
  const auto finding = witness.chain != 0 ? history.check({witness.position, witness.chain})
                       : behind           ? WitnessFinding::Behind
                                          : WitnessFinding::Unknown;
  switch (finding) {
    case WitnessFinding::Agrees:
    case WitnessFinding::Unknown: return std::nullopt;
    case WitnessFinding::Behind:
      return protocol::Refusal{ledger::RefusalCode::BehindWitness, "behind"};
    case WitnessFinding::Differs:
      return protocol::Refusal{ledger::RefusalCode::DiffersFromWitness, "differs"};
  }
  CHECK(false);
}

std::shared_ptr<Link> SimServer::connect() {
  if (stopping_ || failed()) return nullptr;
  auto link = std::make_shared<Link>();
  net::SessionContext& context = *contexts_[connections_made_++ % kChannels];
  connections_.push_back(std::make_unique<Connection>(context, link));
  return link;
}

void SimServer::step(Random& random) {
  const usize chosen = random.below(agents_.size() + history_agents_.size() + 1);
  if (chosen < agents_.size()) {
    agents_[chosen]->step();
  } else if (chosen == agents_.size()) {
    step_network(random);
  } else if (history_rests_ > 0) {
    --history_rests_;
  } else {
    history_agents_[chosen - agents_.size() - 1]->step();
  }
}

void SimServer::step_network(Random& random) {
  while (!outbox_.empty() && random.chance(3, 4)) {
    ledger::Request* const request = outbox_.front();
    outbox_.pop_front();
    static_cast<Connection*>(request->owner)->session.deliver(request);
  }
  if (!connections_.empty()) serve(*connections_[random.below(connections_.size())], random);
  if (!stopping_ || !connections_.empty()) return;
  core_->stop();
}

void SimServer::serve(Connection& connection, Random& random) {
  net::Session& session = connection.session;
  Link& link = *connection.link;
  if (link.cut) {
    session.abandon();
  } else if (link.stalled_steps > 0) {
    --link.stalled_steps;
    return;
  } else {
    if (session.wants_read() && link.to_server.size() > 0) {
      const auto space = session.receive_space();
      session.received(link.to_server.read(space, random));
    }
    if (link.client_closed && link.to_server.size() == 0) session.peer_closed();
    const auto output = session.output();
    if (!output.empty()) session.sent(link.to_client.write(output, random));
  }
  if (!session.finished()) return;
  link.server_closed = true;
  std::erase_if(connections_, [&](const auto& each) { return each.get() == &connection; });
}

void SimServer::begin_stop() {
  stopping_ = true;
  if (history_) history_->refuse_queries();
  for (const auto& connection : connections_) connection->session.shut_down();
}

void SimServer::submit(u32 channel, ledger::Request* request) {
  in_flight_.push_back(request);
  core_->submit(channel, request);
}

void SimServer::Release::flush() {
  if (server.history_) server.history_->replies().flush();
}

void SimServer::release(ledger::Request* request) {
  const bool deferred = request->needs_history && request->refusal == ledger::RefusalCode::None;
  if (!deferred || !history_) {
    events_.answered(*request);
  } else {
    events_.deferred(*request);
    deferred_.push_back(request);
  }
  if (history_) return history_->replies().deliver(request);
  deliver(request);
}

void SimServer::deliver(ledger::Request* request) {
  std::erase(in_flight_, request);
  if (std::erase(deferred_, request) != 0) events_.completed(*request);
  protocol::ByteBuffer frame;
  protocol::encode_reply(*request, frame);
  static_cast<Connection*>(request->owner)
      ->link->answers.insert_or_assign(request->number,
                                       std::vector(frame.bytes().begin(), frame.bytes().end()));
  outbox_.push_back(request);
}

std::vector<Survivor> SimServer::unanswered() const {
  std::vector<Survivor> survivors;
  for (const ledger::Request* request : in_flight_) {
    if (!request->is_logged() || request->timestamp.ns == 0) continue;
    survivors.push_back({OwnedRequest::copy_of(*request), request->position, request->timestamp});
  }
  return survivors;
}

}  // namespace florin::test
