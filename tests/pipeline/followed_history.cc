#include "tests/pipeline/followed_history.h"

#include <cstdio>
#include <cstring>

#include "base/check.h"
#include "pipeline/log_record.h"
#include "replay/log_search.h"
#include "wal/reader.h"

namespace florin::test {

namespace {

constexpr const char* kDirectory = "/log";

}  // namespace

Limits FollowedHistory::endless() {
  Limits limits = tiny_limits();
  limits.transfers_max = 200'000;
  return limits;
}

std::unique_ptr<FollowedHistory::State> FollowedHistory::new_state() {
  auto state = std::make_unique<State>();
  state->engine = engine::Engine::create(endless(), 1, 7).value();
  return state;
}

FollowedHistory::FollowedHistory(u64 seed, const FollowedHistoryOptions& options)
    : random_(seed), options_(options), state_(new_state()) {}

void FollowedHistory::before_recovery(replay::RecoveryOptions& options, SimStorage& disk) {
  options.past = &state_->past;
  options.history_durable = durable_;
  options.catch_up_history = [this, &disk]() -> Result<wal::LogEnd> {
    ++catch_ups_;
    gate_.reset();  // Of the process before.
    read_files(disk, ~u64{0}, ~u64{0});
    if (durable_blocks_ < kept_.size()) become_durable(kept_.size() - 1);
    return durable_;
  };
}

void FollowedHistory::before_start(pipeline::Core& core, pipeline::Stages& stages,
                                   SimStorage& disk) {
  gate_ = std::make_unique<pipeline::HistoryGate>(stages.core_bell, bell_);
  feed_ = std::make_unique<pipeline::CommitFeed>(options_.feed_bytes, bell_);
  storage_ = disk.another_user();
  gate_->publish_durable(durable_.position, durable_.segment);
  core.set_history(gate_.get());
  core.set_commit_feed(feed_.get());
}

// What became durable is there again; the past that the next engine asks has no more.
void FollowedHistory::after_end() {
  storage_.reset();
  kept_.resize(durable_blocks_);
  state_ = new_state();
  for (const Kept& block : kept_) {
    execute(*state_, block.end, block.body.span().first(block.body_bytes));
  }
}

usize FollowedHistory::step() {
  if (random_.chance(100 - options_.follow_chance, 100)) return 0;
  const bool followed = follow_feed() || follow_files(random_.between(1, 4));
  if (!feed_->is_open() && feed_->committed() - state_->end.sequence < 3) feed_->resume();
  if (gate_->wanted()) ++wishes_;
  const bool writes = random_.chance(options_.write_chance, 100) || gate_->wanted();
  if (!held_ && writes && durable_blocks_ < kept_.size()) {
    const usize last = kept_.size() - 1;
    become_durable(gate_->wanted() ? last : random_.between(durable_blocks_, last));
  }
  return followed ? 1 : 0;
}

void FollowedHistory::catch_up() {
  while (follow_feed() || follow_files(1'000)) {
  }
  if (durable_blocks_ < kept_.size()) become_durable(kept_.size() - 1);
}

void FollowedHistory::become_durable(usize block) {
  durable_blocks_ = block + 1;
  durable_ = kept_[block].end;
  if (gate_) gate_->publish_durable(durable_.position, durable_.segment);
}

bool FollowedHistory::follow_feed() {
  while (const auto block = feed_->front()) {
    const u64 next = state_->end.sequence + 1;
    if (block->end.sequence > next) return false;
    if (block->end.sequence < next) {
      feed_->pop();
      continue;
    }
    CHECK(block->position_before == state_->end.position.value);
    CHECK(block->end.position.value - block->position_before == block->event_count);
    const wal::LogEnd end = block->end;
    const pipeline::OutcomeRecord own = execute(*state_, end, block->body);
    if (block->event_count != 0) {
      CHECK(std::memcmp(&own.header, &block->outcomes, sizeof(own.header)) == 0);
      CHECK(own.content.size() == block->outcome_content.size());
      CHECK(std::ranges::equal(own.content, block->outcome_content));
    }
    follow(end, block->body);
    feed_->pop();
    ++from_feed_;
    return true;
  }
  return false;
}

bool FollowedHistory::follow_files(u64 blocks_max) {
  const u64 committed = feed_->committed();
  if (state_->end.sequence >= committed) return false;
  read_files(*storage_, committed, blocks_max);
  return true;
}

void FollowedHistory::read_files(storage::Storage& storage, u64 last_sequence, u64 blocks_max) {
  const auto reader = wal::Reader::open(storage, kDirectory, options_.log_id,
                                        pipeline::kStateMachineVersion, state_->end);
  if (!reader) std::fprintf(stderr, "%s\n", reader.error().message.c_str());
  CHECK(reader);
  for (u64 count = 0; count < blocks_max && state_->end.sequence < last_sequence; ++count) {
    const auto block = (*reader)->next();
    if (!block) std::fprintf(stderr, "%s\n", block.error().message.c_str());
    CHECK(block);
    if (!block->has_value()) break;
    const wal::LogEnd end = replay::end_behind((**block).header);
    execute(*state_, end, (**block).body);
    follow(end, (**block).body);
    ++from_files_;
  }
}

void FollowedHistory::follow(const wal::LogEnd& end, std::span<const std::byte> body) {
  CHECK(end.sequence == state_->end.sequence);
  Kept kept{end, storage::AlignedBuffer(body.size()), body.size()};
  if (!body.empty()) std::memcpy(kept.body.data(), body.data(), body.size());
  kept_.push_back(std::move(kept));
}

pipeline::OutcomeRecord FollowedHistory::execute(State& state, const wal::LogEnd& end,
                                                 std::span<const std::byte> body) {
  CHECK(end.sequence == state.end.sequence + 1);
  engine::Block block(endless(), 1);
  pipeline::OutcomeComposer composer(state.engine->tables());
  composer.begin(end.sequence, state.end.position);
  Position position = state.end.position;
  pipeline::RecordReader records(body);
  while (true) {
    const auto entry = records.next();
    CHECK(entry);
    if (!entry->has_value()) break;
    const pipeline::RequestRecord& record = (**entry).record;
    CHECK(record.position_before == position.value && record.timestamp > state.last_timestamp);
    ledger::Request request;
    request.operation = static_cast<ledger::Operation>(record.operation);
    request.event_count = record.event_count;
    request.events = (**entry).events;
    request.conditions = (**entry).conditions;
    request.condition_count = record.condition_count;
    request.principal = record.principal;
    request.trace_id = record.trace_id;
    block.clear(++state.blocks);
    block.position_before = position;
    block.add(&request, record.timestamp);
    state.engine->run_inline(block);
    state.past.watch(*state.engine, block);
    composer.add(block);
    position.value += record.event_count;
    state.last_timestamp = record.timestamp + record.event_count - 1;
  }
  CHECK(position == end.position);
  state.end = end;
  return composer.finish();
}

}  // namespace florin::test
