#include "tests/history_store/logged_world.h"

#include <cstring>

#include "base/check.h"
#include "pipeline/log_record.h"

namespace florin::test {

namespace {

Limits world_limits() {
  Limits limits;
  limits.accounts_max = 4'000;
  limits.transfers_max = 200'000;
  limits.account_updates_max = 20'000;
  return limits;
}

}  // namespace

history::LoggedBlock MadeBlock::logged() const {
  return {end, position_before, event_count, body_span(), outcomes.header, outcomes.content};
}

pipeline::CommittedBlock MadeBlock::committed() const {
  pipeline::CommittedBlock committed;
  committed.end = end;
  committed.event_count = event_count;
  committed.position_before = position_before;
  committed.body = body_span();
  committed.outcomes = outcomes.header;
  committed.outcome_content = outcomes.content;
  return committed;
}

LoggedWorld::LoggedWorld(u64 seed, const GeneratorOptions& options)
    : generator_(seed, options),
      engine_(engine::Engine::create(world_limits(), 1, seed + 1).value()),
      slot_(world_limits(), 1),
      composer_(engine_->tables()),
      last_timestamp_(options.start_ns) {
  slot_.clear(++engine_sequence_);
}

void LoggedWorld::add(OwnedRequest owned, u64 timestamp) {
  const bool has_room = slot_.block.has_room_for(owned.request());
  CHECK(has_room || !owned.request().is_logged());
  if (!has_room) return;  // A listing beside others.
  flying_.push_back(std::make_unique<OwnedRequest>(std::move(owned)));
  ledger::Request& request = flying_.back()->request();
  const bool logged = request.is_logged();
  slot_.add(&request, Position{position_}, logged ? timestamp : last_timestamp_);
  if (logged) {
    position_ += request.event_count;
    last_timestamp_ = timestamp + request.event_count - 1;
  }
  OwnedRequest again = flying_.back()->ask_again();
  reference_.apply(again.request(), Timestamp{timestamp});
  changes_.follow(again.request(), reference_);
  generator_.observe(again.request());
}

MadeBlock LoggedWorld::next(u32 requests) {
  for (u32 logged = 0; logged < requests;) {
    OwnedRequest request = generator_.next();
    const bool is_logged = request.request().is_logged();
    const u64 timestamp = is_logged ? last_timestamp_ + generator_.pause_ns() : last_timestamp_;
    if (is_logged) ++logged;
    add(std::move(request), timestamp);
  }
  return finish();
}

MadeBlock LoggedWorld::run(std::vector<OwnedRequest> requests, u64 first_timestamp) {
  u64 timestamp = first_timestamp;
  for (OwnedRequest& request : requests) {
    add(std::move(request), timestamp);
    timestamp = last_timestamp_ + 1;
  }
  return finish();
}

MadeBlock LoggedWorld::finish() {
  MadeBlock made;
  made.position_before = slot_.position_before.value;
  made.event_count = slot_.event_count;
  made.last_timestamp = slot_.last_timestamp;
  engine_->run_inline(slot_.block);
  slot_.prepare(0, 1);
  made.body_bytes = slot_.body_bytes();
  made.body = storage::AlignedBuffer(made.body_bytes);
  std::memcpy(made.body.data(), slot_.image().data() + wal::kHeaderBytes, made.body_bytes);
  end_.sequence += 1;
  end_.position = Position{position_};
  end_.timestamp = Timestamp{made.last_timestamp};
  made.end = end_;
  composer_.begin(end_.sequence, Position{made.position_before});
  composer_.add(slot_.block);
  made.outcomes = composer_.finish();
  made.changes = changes_.take();
  made.changes.end.updates = engine_->updates_used();
  flying_.clear();
  slot_.clear(++engine_sequence_);
  return made;
}

BlockLog::BlockLog(u64 seed, SimStorage& disk, Clock& clock, pipeline::CommitFeed* feed)
    : random_(seed), feed_(feed) {
  CHECK(disk.create_directory(kLogDirectory));
  wal::WriterOptions options;
  options.directory = kLogDirectory;
  options.log_id = kLogId;
  options.state_machine_version = pipeline::kStateMachineVersion;
  options.segment_bytes = 256 * kKiB;
  options.body_bytes_max = 128 * kKiB;
  writer_ = std::move(wal::Writer::open(disk, clock, options, {}).value());
}

BlockLog::~BlockLog() = default;

void BlockLog::append(MadeBlock& block) {
  if (outcomes_.bytes() > outcome_bytes_max_ || random_.chance(1, 8)) append_outcomes();
  const u64 room = random_.chance(1, 2) ? random_.between(0, 400) : 64 * kKiB;
  write(block.body_span(), room, &block);
}

void BlockLog::append_outcomes() {
  if (!outcomes_.empty()) write({}, 64 * kKiB, nullptr);
}

void BlockLog::write(std::span<const std::byte> body, u64 outcome_room, MadeBlock* block) {
  storage::AlignedBuffer& image =
      images_.emplace_back(wal::stored_bytes(body.size() + outcome_room));
  std::byte* const start = image.data() + wal::kHeaderBytes;
  if (!body.empty()) std::memcpy(start, body.data(), body.size());
  const u64 bytes = body.size() + outcomes_.take(start + body.size(), outcome_room);
  while (!writer_->can_append(bytes)) CHECK(writer_->poll());
  wal::Append append;
  append.image = image.span();
  append.body_bytes = bytes;
  append.body_checksum = wal::body_checksum({start, bytes});
  append.position_before = writer_->end().position;
  append.event_count = block != nullptr ? block->event_count : 0;
  if (block != nullptr) last_timestamp_ = block->last_timestamp;
  append.timestamp = Timestamp{last_timestamp_};
  const u64 sequence = writer_->append(append);
  while (writer_->durable_sequence() < sequence) CHECK(writer_->poll());

  pipeline::CommittedBlock committed;
  if (block != nullptr) {
    CHECK(append.position_before.value == block->position_before);
    block->end = writer_->end();
    // What the composer said of a log that was dreamt of.
    block->outcomes.header.sequence = sequence;
    outcomes_.push(block->outcomes);
    committed = block->committed();
  } else {
    committed.position_before = append.position_before.value;
  }
  committed.end = writer_->end();
  if (feed_ == nullptr) return;
  feed_->push(committed);
  feed_->commit(sequence);
}

history::BlockSourceOptions source_options() {
  history::BlockSourceOptions options;
  options.directory = kLogDirectory;
  options.log_id = kLogId;
  options.state_machine_version = pipeline::kStateMachineVersion;
  return options;
}

}  // namespace florin::test
