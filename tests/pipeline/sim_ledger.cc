#include "tests/pipeline/sim_ledger.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/check.h"

namespace florin::test {

namespace {

constexpr const char* kLedgerLog = "/log";
constexpr const char* kSnapshots = "/snapshots";
constexpr u64 kSettleStepsMax = 5'000'000;

}  // namespace

Limits tiny_limits() {
  Limits limits;
  limits.accounts_max = 2'000;
  limits.transfers_max = 100'000;
  limits.blocks_in_flight = 4;
  limits.block_requests_max = 8;
  limits.block_bytes_max = 20 * kKiB;
  limits.small_request_bytes_max = 512;
  limits.small_share_bytes = 2 * kKiB;
  limits.block_reads_max = 64;
  limits.request_events_max = 64;
  limits.parallel_events_min = 16;
  limits.segment_bytes = 64 * kKiB;
  limits.segments_ahead = 1;
  limits.log_writes_in_flight = 3;
  return limits;
}

GeneratorOptions client_requests() {
  GeneratorOptions options;
  options.ticks = 0;
  return options;
}

SimLedger::SimLedger(u64 seed, SimLedgerOptions options) : random_(seed), options_(options) {
  CHECK(check_limits(options_.limits));
  replace_disk(std::make_unique<SimStorage>(seed));
}

void SimLedger::replace_disk(std::unique_ptr<SimStorage> disk) {
  disk_ = std::move(disk);
  CHECK(disk_->create_directory(kLedgerLog));
  CHECK(disk_->create_directory(kSnapshots));
}

SimLedger::~SimLedger() {
  core_.reset();
  log_.reset();
  disk_->kill_process();  // It may be writing memory of the taker.
  if (options_.follower != nullptr) options_.follower->after_end();
}

Status SimLedger::try_start() {
  const Limits& limits = options_.limits;
  replay::RecoveryOptions recovery;
  recovery.log_directory = kLedgerLog;
  recovery.log_id = kSimLogId;
  recovery.limits = limits;
  recovery.partitions = options_.partitions;
  recovery.hash_seed = random_.next();
  if (options_.snapshots) recovery.snapshot_directory = kSnapshots;
  if (options_.follower != nullptr) options_.follower->before_recovery(recovery, *disk_);
  auto recovered =
      replay::recover(*disk_, clock_, recovery, [](const replay::RecoveryProgress&) {});
  if (!recovered) return tl::unexpected<Error>(recovered.error());
  recovered_ = std::move(*recovered);
  engine_ = std::move(recovered_.engine);
  wal::WriterOptions log{kLedgerLog,
                         kSimLogId,
                         pipeline::kStateMachineVersion,
                         limits.segment_bytes,
                         limits.segments_ahead,
                         limits.log_writes_in_flight,
                         limits.block_bytes_max};
  auto writer = wal::Writer::open(*disk_, clock_, log, recovered_.end);
  if (!writer) return tl::unexpected<Error>(writer.error());
  log_ = std::move(*writer);
  const bool parallel = options_.mode != pipeline::Mode::Inline;
  stages_ = std::make_unique<pipeline::Stages>(parallel ? options_.partitions : 0,
                                               limits.blocks_in_flight);
  core_ = std::make_unique<pipeline::Core>(limits, *engine_, *log_, *stages_, clock_, *this,
                                           options_.mode, options_.sources, recovered_.order);
  core_->remember(recovered_.chain);
  core_->log_outcomes(std::move(recovered_.unlogged_outcomes));
  agents_ = {core_.get()};
  if (options_.snapshots) start_snapshots();
  if (options_.follower != nullptr) {
    options_.follower->before_start(*core_, *stages_, *disk_);
    agents_.push_back(options_.follower);
  }
  sources_.assign(options_.sources, {});
  if (!parallel) return {};
  lane_ = std::make_unique<pipeline::Lane>(*engine_, *stages_);
  agents_.push_back(lane_.get());
  for (u32 index = 0; index < options_.partitions; ++index) {
    workers_.push_back(std::make_unique<pipeline::Worker>(*engine_, *stages_, index));
    agents_.push_back(workers_.back().get());
  }
  return {};
}

void SimLedger::start_snapshots() {
  snapshot::TakerOptions taker;
  taker.directory = kSnapshots;
  taker.ledger_id = kSimLogId;
  taker.state_machine_version = pipeline::kStateMachineVersion;
  taker.bytes_per_second = 0;
  taker_storage_ = disk_->another_user();
  taker_ = std::make_unique<snapshot::Taker>(*taker_storage_, clock_, *engine_, taker);
  pipeline::SnapshotStart newest;
  if (recovered_.snapshot) newest.position = recovered_.snapshot->log.position;
  newest.segments_needed_from = recovered_.segments_needed_from;
  core_->set_taker(taker_.get(), newest);
  agents_.push_back(taker_.get());
}

void SimLedger::start() {
  const Status started = try_start();
  if (!started) std::fprintf(stderr, "start: %s\n", started.error().message.c_str());
  CHECK(started);
}

void SimLedger::crash() {
  agents_.clear();
  workers_.clear();
  lane_.reset();
  log_.reset();
  disk_->crash();  // Before the images go: the disk may still be reading them.
  core_.reset();
  taker_.reset();
  taker_storage_.reset();
  stages_.reset();
  engine_.reset();
  if (options_.follower != nullptr) options_.follower->after_end();
}

void SimLedger::submit(OwnedRequest request, usize source) {
  flying_.push_back(std::make_unique<OwnedRequest>(std::move(request)));
  ledger::Request& sent = flying_.back()->request();
  sent.source = &sources_[source];
  sent.owner = flying_.back().get();
  core_->submit(static_cast<u32>(source), &sent);
}

void SimLedger::step() {
  clock_.wall_ns += random_.below(1'000);
  if (random_.chance(1, 200)) clock_.wall_ns -= random_.below(1'000'000);  // Runs backwards.
  clock_.monotonic += random_.below(100'000);
  if (random_.chance(1, 3)) disk_->step();
  agents_[random_.below(agents_.size())]->step();
}

void SimLedger::settle() {
  for (u64 steps = 0; !flying_.empty(); ++steps) {
    CHECK(steps < kSettleStepsMax);
    step();
  }
}

void SimLedger::settle_stop() {
  for (u64 steps = 0; !core_->status().drained.load(); ++steps) {
    CHECK(steps < kSettleStepsMax);
    step();
  }
}

void SimLedger::deliver(ledger::Request* request) {
  const auto found = std::find_if(flying_.begin(), flying_.end(), [&](const auto& flying) {
    return flying.get() == request->owner;
  });
  CHECK(found != flying_.end());
  answered_.push_back(std::move(**found));
  flying_.erase(found);
}

std::vector<OwnedRequest> SimLedger::take_answered() { return std::exchange(answered_, {}); }

std::vector<OwnedRequest> SimLedger::take_unanswered() {
  std::vector<OwnedRequest> unanswered;
  for (const auto& flying : flying_) unanswered.push_back(std::move(*flying));
  flying_.clear();
  return unanswered;
}

OwnedRequest answer_to(SimLedger& ledger, OwnedRequest request) {
  ledger.submit(std::move(request), 0);
  ledger.settle();
  auto answered = ledger.take_answered();
  return std::move(answered.front());
}

}  // namespace florin::test
