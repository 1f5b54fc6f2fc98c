#include "tests/snapshot/logged_ledger.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "pipeline/log_record.h"

namespace florin::test {

namespace {

constexpr u64 kSegmentBytes = 64 * kKiB;
constexpr u64 kOutcomeBytesMax = 4 * kKiB;
constexpr u64 kBodyBytesMax = 24 * kKiB;
constexpr u64 kStepsMax = 1'000'000;

GeneratorOptions generator_options(const LoggedLedgerOptions& options) {
  GeneratorOptions generator;
  generator.request_events_max = options.requests_max;
  generator.accounts = 24;
  return generator;
}

}  // namespace

Limits ledger_limits() {
  Limits limits;
  limits.accounts_max = 2'000;
  limits.transfers_max = 50'000;
  limits.blocks_in_flight = 2;
  limits.block_requests_max = 16;
  limits.block_bytes_max = 64 * kKiB;
  limits.small_share_bytes = 16 * kKiB;
  limits.block_reads_max = 512;
  limits.request_events_max = 64;
  return limits;
}

replay::RecoveryOptions recovery_options(u32 partitions, u32 threads,
                                         const std::string& directory) {
  replay::RecoveryOptions options;
  options.log_directory = directory + "/log";
  options.log_id = kLedgerId;
  options.limits = ledger_limits();
  options.snapshot_directory = directory + "/snapshots";
  options.partitions = partitions;
  options.hash_seed = partitions * 7 + threads;
  options.threads = threads;
  return options;
}

Result<replay::Recovered> recover_from(storage::Storage& disk,
                                       const replay::RecoveryOptions& options) {
  ManualClock clock;
  return replay::recover(disk, clock, options, [](const replay::RecoveryProgress&) {});
}

LoggedLedger::LoggedLedger(SimStorage& disk, u64 seed, LoggedLedgerOptions options)
    : disk_(disk), random_(seed), options_(options), generator_(seed, generator_options(options)) {
  CHECK(disk_.create_directory("/"));
}

LoggedLedger::~LoggedLedger() {
  taker_.reset();
  log_.reset();
  snapshot_disk_.reset();
}

Status LoggedLedger::start() {
  const auto directory =
      storage::DataDirectory::open(disk_, options_.directory, kLedgerId, kSegmentBytes);
  RETURN_IF_ERROR(directory);
  auto recovering = recovery_options(options_.partitions, 1, options_.directory);
  recovering.past = options_.past;
  recovering.history_durable = history_end_;
  auto recovered = recover_from(disk_, recovering);
  RETURN_IF_ERROR(recovered);
  recovered_ = std::move(*recovered);
  engine_ = std::move(recovered_.engine);
  outcomes_ = std::move(recovered_.unlogged_outcomes);
  position_ = recovered_.order.position.value;
  last_timestamp_ = recovered_.order.last_timestamp;
  digests_[position_] = engine_->digest();
  timestamps_[position_] = last_timestamp_;
  wal::WriterOptions log;
  log.directory = directory->log_path();
  log.log_id = kLedgerId;
  log.state_machine_version = pipeline::kStateMachineVersion;
  log.segment_bytes = kSegmentBytes;
  log.segments_ahead = 1;
  log.body_bytes_max = kBodyBytesMax + kOutcomeBytesMax;
  log.archive = options_.archive;
  auto writer = wal::Writer::open(disk_, clock_, log, recovered_.end);
  RETURN_IF_ERROR(writer);
  log_ = std::move(*writer);
  snapshot_disk_ = disk_.another_user();
  snapshot::TakerOptions taking;
  taking.directory = directory->snapshot_path();
  taking.ledger_id = kLedgerId;
  taking.state_machine_version = pipeline::kStateMachineVersion;
  taking.bytes_per_second = 0;
  taking.buffers = 4;
  taker_ = std::make_unique<snapshot::Taker>(*snapshot_disk_, clock_, *engine_, taking);
  block_ = std::make_unique<engine::Block>(ledger_limits(), options_.partitions);
  composer_ = std::make_unique<pipeline::OutcomeComposer>(engine_->tables());
  return {};
}

bool LoggedLedger::poll_log() {
  clock_.monotonic += random_.below(200'000);
  return log_->poll().has_value();
}

bool LoggedLedger::log(const ledger::Request& request, u64 timestamp) {
  pipeline::RequestRecord record;
  record.operation = static_cast<u16>(request.operation);
  record.event_count = request.event_count;
  record.position_before = position_;
  record.timestamp = timestamp;
  record.principal = request.principal;
  record.trace_id = request.trace_id;
  record.condition_count = request.condition_count;
  const u64 events_bytes = u64{request.event_count} * event_bytes(request.operation);
  const u64 conditions_bytes = u64{request.condition_count} * sizeof(ledger::Condition);
  u64 body_bytes = sizeof record + events_bytes + conditions_bytes;
  CHECK(body_bytes <= kBodyBytesMax);
  storage::AlignedBuffer image(wal::stored_bytes(body_bytes + kOutcomeBytesMax));
  std::byte* body = image.data() + wal::kHeaderBytes;
  std::memcpy(body, &record, sizeof record);
  if (events_bytes != 0) std::memcpy(body + sizeof record, request.events, events_bytes);
  if (conditions_bytes != 0) {
    std::memcpy(body + sizeof record + events_bytes, request.conditions, conditions_bytes);
  }
  // Sometimes late, and in parts.
  if (random_.chance(3, 4)) {
    body_bytes += outcomes_.take(body + body_bytes, random_.between(64, kOutcomeBytesMax));
  }
  for (u64 polls = 0; !log_->can_append(body_bytes); ++polls) {
    CHECK(polls < kStepsMax);
    if (!poll_log()) return false;
  }
  wal::Append append;
  append.image = image.span();
  append.body_bytes = body_bytes;
  append.body_checksum = wal::body_checksum({body, body_bytes});
  append.position_before = Position{position_};
  append.event_count = request.event_count;
  append.timestamp = Timestamp{timestamp};
  composer_->begin(log_->append(append), Position{position_});
  images_.push_back(std::move(image));
  return true;
}

bool LoggedLedger::run_one() {
  OwnedRequest owned = generator_.next();
  ledger::Request& request = owned.request();
  const bool logged = request.is_logged();
  const u64 meant = std::max(generator_.meant_time().ns, last_timestamp_ + 1);
  const u64 timestamp = logged ? meant : last_timestamp_;
  if (logged && !log(request, timestamp)) return false;
  request.clear_answer();
  request.timestamp = Timestamp{timestamp};
  const Position before{position_};
  if (logged) position_ += request.event_count;
  request.position = Position{position_};
  block_->clear(++block_sequence_);
  block_->position_before = before;
  block_->add(&request, timestamp);
  engine_->run_inline(*block_);
  if (options_.past != nullptr) options_.past->watch(*engine_, *block_);
  if (logged) {
    composer_->add(*block_);
    outcomes_.push(composer_->finish());
    last_timestamp_ = timestamp + request.event_count - 1;
    digests_[position_] = engine_->digest();
    timestamps_[position_] = last_timestamp_;
  }
  engine_->finish(*block_);
  generator_.observe(request);
  return true;
}

bool LoggedLedger::run(u32 requests) {
  for (u32 request = 0; request < requests; ++request) {
    if (!run_one() || !poll_log()) return false;
    retire_some();
  }
  for (u64 polls = 0; log_->durable_sequence() != log_->appended_sequence(); ++polls) {
    CHECK(polls < kStepsMax);
    if (!poll_log()) return false;
  }
  history_end_ = log_->end();
  return true;
}

void LoggedLedger::retire_some() {
  if (options_.past == nullptr || !random_.chance(1, 3)) return;
  retired_ += engine_->retire(history_end_.position, random_.between(1, 200));
}

void LoggedLedger::copy_some() {
  const u64 bytes = random_.between(1, 4 * kKiB);
  const u64 who = random_.below(u64{options_.partitions} + 1);
  if (who == options_.partitions) {
    engine_->copy_cut_books(bytes);
  } else {
    engine_->copy_cut(static_cast<u32>(who), bytes);
  }
}

std::optional<snapshot::Taken> LoggedLedger::take_snapshot(u32 requests_meanwhile) {
  if (!run(0)) return std::nullopt;
  taker_->begin({log_->end(), last_timestamp_});
  std::optional<snapshot::Taken> taken;
  for (u64 steps = 0; !taken; ++steps) {
    CHECK(steps < kStepsMax);
    if (requests_meanwhile != 0 && random_.chance(1, 4)) {
      if (!run_one()) return std::nullopt;
      --requests_meanwhile;
    }
    if (random_.chance(1, 2)) copy_some();
    retire_some();
    if (!poll_log()) return std::nullopt;
    taker_->step();
    taken = taker_->taken();
  }
  engine_->end_cut();
  if (taken->status) log_->trim_before(taken->segments_needed_from);
  if (!run(requests_meanwhile)) return std::nullopt;
  return taken;
}

void LoggedLedger::finish() {
  log_->finish();
  for (u64 polls = 0; !log_->idle(); ++polls) {
    CHECK(polls < kStepsMax);
    CHECK(poll_log());
  }
}

void LoggedLedger::crash() {
  disk_.crash();
  taker_.reset();
  log_.reset();
  snapshot_disk_.reset();
  images_.clear();
  composer_.reset();
  outcomes_.clear();
  engine_.reset();
}

}  // namespace florin::test
