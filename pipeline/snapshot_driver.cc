#include "pipeline/snapshot_driver.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace florin::pipeline {

namespace {

constexpr u64 kNever = ~u64{0};
// While a snapshot is under way nothing rings for a free buffer, or for its end: 16 buffers last
// for longer than this at any rate that a disk has.
constexpr u64 kLookAgainNs = 2'000'000;

}  // namespace

SnapshotDriver::SnapshotDriver(const Limits& limits, engine::Engine& engine, wal::Writer& log,
                               Clock& clock, CoreStatus& status)
    : limits_(limits), engine_(engine), log_(log), clock_(clock), status_(status) {}

void SnapshotDriver::set_taker(snapshot::Taker* taker, const SnapshotStart& start) {
  taker_ = taker;
  position_ = start.position.value;
  bytes_before_ = start.log_bytes;
  cut_ns_ = clock_.monotonic_ns();
  status_.snapshot_position.store(start.position.value, std::memory_order_relaxed);
  status_.snapshot_time_ns.store(start.time_ns, std::memory_order_relaxed);
  needed_from_ = start.segments_needed_from;
}

// History moves on its own, and may lag behind the snapshots. What is not known is needed.
void SnapshotDriver::trim() {
  u64 from = needed_from_;
  if (gate_ != nullptr) from = std::min(from, gate_->segment_needed_from());
  if (from <= kept_from_) return;
  kept_from_ = from;
  log_.trim_before(from);
  status_.log_first_segment.store(from, std::memory_order_relaxed);
}

void SnapshotDriver::begin_stop() {
  stopping_ = true;
  stop_began_ns_ = clock_.monotonic_ns();
  requested_.store(limits_.snapshot_at_stop, std::memory_order_release);
  if (under_way_) taker_->hurry();
}

bool SnapshotDriver::anything_logged() const { return log_.end().position.value != position_; }

u64 SnapshotDriver::due_at_ns() const {
  if (taker_ == nullptr || under_way_ || held_back_ || !anything_logged()) return kNever;
  const bool requested = requested_.load(std::memory_order_acquire);
  if (stopping_) return requested ? 0 : kNever;
  if (requested) return not_before_ns_;
  const u64 logged = bytes_before_ + log_.bytes_written() - bytes_at_cut_;
  if (failed_last_ || logged >= limits_.snapshot_log_bytes) return not_before_ns_;
  if (limits_.snapshot_interval_ns == 0) return kNever;
  return cut_ns_ + limits_.snapshot_interval_ns;
}

bool SnapshotDriver::wants_quiet() {
  if (failed_) return true;
  const u64 due_at = due_at_ns();  // Never while one is under way.
  return due_at != kNever && clock_.monotonic_ns() >= due_at;
}

void SnapshotDriver::cut(u64 last_timestamp) {
  CHECK(!under_way_ && taker_->idle());
  CHECK(log_.durable_sequence() == log_.appended_sequence());
  requested_.store(false, std::memory_order_release);
  under_way_ = true;
  bytes_at_cut_next_ = log_.bytes_written();
  cut_ns_ = clock_.monotonic_ns();
  status_.snapshot_under_way.store(true, std::memory_order_release);
  taker_->begin({log_.end(), last_timestamp});
  if (stopping_) taker_->hurry();
}

u64 SnapshotDriver::copy(u64 bytes_max) {
  if (!copying()) return 0;
  u64 copied = engine_.copy_cut_books(bytes_max);
  for (u32 partition = 0; partition < engine_.partitions(); ++partition) {
    if (copied < bytes_max) copied += engine_.copy_cut(partition, bytes_max - copied);
  }
  return copied;
}

bool SnapshotDriver::follow(bool quiet) {
  if (!under_way_) return false;
  if (!failed_) {
    auto taken = taker_->taken();
    if (!taken) return false;
    if (taken->status) {
      engine_.end_cut();
      note_taken(*taken);
      return true;
    }
    failed_ = std::move(taken);
  }
  // Somebody may still be copying.
  if (!quiet) return false;
  engine_.end_cut();
  note_failed();
  return true;
}

void SnapshotDriver::note_taken(const snapshot::Taken& taken) {
  under_way_ = false;
  position_ = taken.point.log.position.value;
  bytes_before_ = 0;
  bytes_at_cut_ = bytes_at_cut_next_;
  not_before_ns_ = 0;
  failed_last_ = false;
  if (taken.segments_needed_from != 0) needed_from_ = taken.segments_needed_from;
  trim();
  status_.snapshot_time_ns.store(clock_.wall_time().ns, std::memory_order_relaxed);
  status_.snapshots_taken.fetch_add(1, std::memory_order_relaxed);
  status_.snapshot_under_way.store(false, std::memory_order_relaxed);
  // Last: who sees the position sees the rest.
  status_.snapshot_position.store(position_, std::memory_order_release);
  if (listener_) listener_(taken);
}

// A stop does not try again: the log has everything.
void SnapshotDriver::note_failed() {
  under_way_ = false;
  const snapshot::Taken taken = std::move(*failed_);
  failed_.reset();
  not_before_ns_ = clock_.monotonic_ns() + limits_.snapshot_retry_ns;
  failed_last_ = true;
  status_.snapshot_under_way.store(false, std::memory_order_relaxed);
  status_.snapshot_failures.fetch_add(1, std::memory_order_release);
  if (listener_) listener_(taken);
}

bool SnapshotDriver::stopped() const {
  if (!under_way_ && due_at_ns() == kNever) return true;
  return clock_.monotonic_ns() - stop_began_ns_ >= limits_.snapshot_stop_ns_max;
}

u64 SnapshotDriver::due_in_ns() const {
  if (under_way_) return kLookAgainNs;
  const u64 due_at = due_at_ns();
  if (due_at == kNever) return kNever;
  const u64 now = clock_.monotonic_ns();
  return due_at > now ? due_at - now : 0;
}

}  // namespace florin::pipeline
