#include "history/recorder.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace florin::history {

namespace {

u64 changes_of(const ChangeBatch& batch) {
  return batch.transfers.size() + batch.others.size() + batch.consumed.size();
}

engine::HashSeed draw_seed(Random& random) {
  const u64 low = random.next();
  return {low, random.next()};
}

}  // namespace

std::string AgentStatus::last_failure() const {
  const std::lock_guard lock(mutex_);
  return last_failure_;
}

void AgentStatus::note_failure(const Error& error, const HistoryAlarmListener& listener) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    last_failure_ = error.message;
  }
  const bool failing = failing_.exchange(true, std::memory_order_acq_rel);
  const bool is_news = !failing || code_ != error.code;
  code_ = error.code;
  if (is_news && listener) listener({false, error});
}

void AgentStatus::note_success(const HistoryAlarmListener& listener) {
  if (!failing_.load(std::memory_order_relaxed)) return;
  failing_.store(false, std::memory_order_release);
  if (listener) listener({true, {}});
}

Recorder::Recorder(const Parts& parts, const RecorderOptions& options, Random random)
    : parts_(parts),
      options_(options),
      appended_(parts.store.durable()),
      follower_(parts.store, appended_, draw_seed(random)),
      sealed_(appended_.log.position),
      back_off_(options.back_off, random) {
  CHECK(parts.store.readable() == appended_.log.position);  // Nobody appended before.
  parts_.source.restart(appended_.log);
  parts_.gate.publish_durable(appended_.log.position, appended_.log.segment);
  publish();
}

void Recorder::publish() {
  last_timestamp_.store(appended_.last_timestamp, std::memory_order_relaxed);
  from_feed_.store(parts_.source.counts().from_feed, std::memory_order_relaxed);
  from_files_.store(parts_.source.counts().from_files, std::memory_order_relaxed);
  memory_bytes_.store(follower_.memory_bytes(), std::memory_order_relaxed);
  parts_.gate.publish_readable(appended_.log.position);
  if (parts_.readable != nullptr) parts_.readable->published(appended_.log.position);
}

usize Recorder::step() {
  const u64 now = parts_.clock.monotonic_ns();
  usize work = 0;
  if (!back_off_.waits(now) && parts_.store.has_room()) work += record(now);
  if (seal_due(now)) {
    parts_.store.seal();
    sealed_ = appended_.log.position;
    open_changes_ = 0;
    parts_.writer_bell.ring();
    ++work;
  }
  return work;
}

usize Recorder::record(u64 now) {
  const auto blocks = follow_some();
  if (!blocks) {
    note_failure(blocks.error(), now, follower_.mark().log.sequence);
    return 0;
  }
  if (*blocks == 0) {
    note_success();
    return 0;
  }
  if (appended_.log.position == sealed_) open_since_ns_ = now;
  const u64 changes = changes_of(batch_);
  const Status appended = parts_.store.append(std::move(batch_));
  batch_.clear();  // What memory the store left it is used again.
  if (!appended) {
    note_failure(appended.error(), now, appended_.log.sequence);
    return 0;
  }
  open_changes_ += changes;
  appended_ = follower_.mark();
  if (appended_.log.sequence > trouble_behind_) note_success();
  publish();
  return *blocks;
}

Result<usize> Recorder::follow_some() {
  usize blocks = 0;
  while (blocks < options_.step_blocks_max && changes_of(batch_) < options_.step_changes_max) {
    // What is whole before the block that failed is taken by itself.
    if (blocks != 0 && follower_.mark().log.sequence == trouble_behind_) break;
    const auto block = parts_.source.next();
    if (!block) return tl::unexpected(block.error());
    if (!block->has_value()) break;
    RETURN_IF_ERROR(follower_.follow(**block, batch_));
    ++blocks;
  }
  return blocks;
}

// What was followed beyond the place of the store is forgotten, and followed again.
void Recorder::note_failure(const Error& error, u64 now, u64 behind) {
  batch_.clear();
  CHECK(parts_.store.readable() == appended_.log.position);  // A failed append appends nothing.
  trouble_behind_ = behind;
  follower_.restart(appended_);
  parts_.source.restart(appended_.log);
  back_off_.failed(now);
  status_.note_failure(error, listener_);
}

void Recorder::note_success() {
  back_off_.succeeded();
  status_.note_success(listener_);
}

// By age only when the one before is written: while the disk is slow, runs had better be long.
bool Recorder::seal_due(u64 now) const {
  if (appended_.log.position == sealed_) return false;
  if (open_changes_ >= options_.run_changes_max) return true;
  if (!writer_rests()) return false;
  return hurry_.load(std::memory_order_acquire) || parts_.gate.wanted() ||
         now - open_since_ns_ >= options_.run_age_ns_max;
}

// The writer rings when it has written a run: nothing here waits for that by time.
u64 Recorder::sleep_ns_max() {
  const u64 now = parts_.clock.monotonic_ns();
  u64 due_in = back_off_.due_in_ns(now);
  if (appended_.log.position != sealed_ && writer_rests()) {
    const u64 age = now - open_since_ns_;
    due_in = std::min(due_in, options_.run_age_ns_max - std::min(age, options_.run_age_ns_max));
  }
  return due_in;
}

u64 Recorder::lag_ns(Position newest, Timestamp now) const {
  if (parts_.gate.readable() >= newest) return 0;
  const u64 last = last_timestamp();
  return now.ns > last ? now.ns - last : 0;
}

}  // namespace florin::history
