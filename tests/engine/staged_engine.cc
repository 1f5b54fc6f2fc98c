#include "tests/engine/staged_engine.h"

#include <cstdio>

#include "base/check.h"

namespace florin::test {

Limits small_limits() {
  Limits limits;
  limits.accounts_max = 5'000;
  limits.transfers_max = 200'000;
  limits.blocks_in_flight = 4;
  limits.block_requests_max = 16;
  limits.block_bytes_max = 64 * kKiB;
  limits.small_share_bytes = 16 * kKiB;
  limits.block_reads_max = 512;
  limits.request_events_max = 64;
  return limits;
}

StagedEngine::StagedEngine(const Limits& limits, u32 partitions, Mode mode, u64 seed)
    : StagedEngine(limits, engine::Engine::create(limits, partitions, seed).value(), mode, seed) {}

StagedEngine::StagedEngine(const Limits& limits, std::unique_ptr<engine::Engine> engine, Mode mode,
                           u64 seed)
    : limits_(limits),
      partitions_(engine->partitions()),
      mode_(mode),
      random_(seed),
      engine_(std::move(engine)) {
  forming_ = fresh_block();
}

std::unique_ptr<engine::Block> StagedEngine::fresh_block() {
  std::unique_ptr<engine::Block> block;
  if (free_.empty()) {
    block = std::make_unique<engine::Block>(limits_, partitions_);
  } else {
    block = std::move(free_.back());
    free_.pop_back();
  }
  block->clear(++sequence_);
  return block;
}

void StagedEngine::run(ledger::Request& request, u64 first_timestamp) {
  if (!forming_->has_room_for(request) || random_.chance(1, 4)) seal();
  forming_->add(&request, first_timestamp);
}

void StagedEngine::seal() {
  if (forming_->requests.empty()) return;
  forming_->position_before = position_;
  position_ = forming_->position_after();
  const bool run_inline =
      mode_ == Mode::Inline || (mode_ == Mode::Mixed && flying_.empty() && random_.chance(1, 2));
  if (run_inline) {
    call_between_steps();
    engine_->run_inline(*forming_);
    engine_->finish(*forming_);
    free_.push_back(std::move(forming_));
    forming_ = fresh_block();
    if (flying_.empty()) verify();
    return;
  }
  while (flying_.size() >= limits_.blocks_in_flight) step_once();
  Flying flying;
  flying.block = std::move(forming_);
  flying.routed.resize(partitions_);
  flying.resolved.resize(partitions_);
  flying.posted.resize(partitions_);
  flying_.push_back(std::move(flying));
  forming_ = fresh_block();
  for (u64 steps = random_.below(3 * partitions_ + 3); steps > 0 && !flying_.empty(); --steps) {
    step_once();
  }
}

bool StagedEngine::may_resolve(usize index, u32 partition) const {
  const Flying& flying = flying_[index];
  if (flying.routed_count != partitions_ || flying.resolved[partition]) return false;
  return index == 0 || flying_[index - 1].resolved[partition];
}

bool StagedEngine::may_authorise(usize index) const {
  const Flying& flying = flying_[index];
  if (flying.resolved_count != partitions_ || flying.authorised) return false;
  return index == 0 || flying_[index - 1].authorised;
}

bool StagedEngine::may_post(usize index, u32 partition) const {
  const Flying& flying = flying_[index];
  if (!flying.authorised || flying.posted[partition]) return false;
  return index == 0 || flying_[index - 1].posted[partition];
}

// One allowed step, drawn at random: any block, any stage, any partition.
void StagedEngine::step_once() {
  call_between_steps();
  while (true) {
    const usize index = random_.below(flying_.size());
    const auto partition = static_cast<u32>(random_.below(partitions_));
    Flying& flying = flying_[index];
    if (!flying.routed[partition]) {
      engine_->route(*flying.block, partition);
      flying.routed[partition] = true;
      ++flying.routed_count;
      return;
    }
    if (may_resolve(index, partition)) {
      engine_->resolve(*flying.block, partition);
      flying.resolved[partition] = true;
      ++flying.resolved_count;
      return;
    }
    if (may_authorise(index)) {
      engine_->authorise(*flying.block);
      flying.authorised = true;
      return;
    }
    if (may_post(index, partition)) {
      engine_->post(*flying.block, partition);
      flying.posted[partition] = true;
      ++flying.posted_count;
      break;
    }
  }
  while (!flying_.empty() && flying_.front().posted_count == partitions_) {
    engine_->finish(*flying_.front().block);
    free_.push_back(std::move(flying_.front().block));
    flying_.pop_front();
    if (flying_.empty()) verify();
  }
}

void StagedEngine::verify() const {
  if (!verifies_) return;
  const Status verified = engine_->verify();
  if (!verified) std::fprintf(stderr, "%s\n", verified.error().message.c_str());
  CHECK(verified);
}

void StagedEngine::drain() {
  seal();
  while (!flying_.empty()) step_once();
}

}  // namespace florin::test
