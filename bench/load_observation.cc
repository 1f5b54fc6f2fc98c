// Passing on what happens to those who watch.
#include "bench/load_observation.h"

#include <fstream>
#include <string>

#include <fmt/core.h>

namespace florin::bench {

LoadObservation::LoadObservation(const LoadOptions& options, client::Loop& loop,
                                 const client::Endpoint& endpoint)
    : options_(options) {
  if (!options.snapshot_at) return;
  const auto observer = [this](u64 now_ns, const std::string& event) {
    if (timeline_) timeline_->mark(now_ns, event);
  };
  snapshot_ = std::make_unique<SnapshotDuringLoad>(loop, endpoint, observer);
}

void LoadObservation::begun(u64 now_ns) {
  begin_ns_ = now_ns;
  if (!options_.timeline.empty()) timeline_.emplace(now_ns);
}

void LoadObservation::answered(u64 now_ns, u64 latency_ns, u64 transfers) {
  if (timeline_) timeline_->answered(now_ns, latency_ns, transfers);
}

Status LoadObservation::step(u64 now_ns) {
  if (!snapshot_) return {};
  const u64 ask_at_ns =
      begin_ns_ + static_cast<u64>(*options_.snapshot_at * static_cast<double>(kNsPerSecond));
  return snapshot_->step(now_ns, ask_at_ns);
}

std::optional<u64> LoadObservation::snapshot_ns() const {
  if (!snapshot_) return {};
  return snapshot_->took_ns();
}

Status LoadObservation::finish() {
  RETURN_IF_ERROR(finish_snapshot());
  return write_timeline();
}

Status LoadObservation::finish_snapshot() {
  if (!snapshot_) return {};
  if (!snapshot_->asked()) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the load ended before the snapshot was to be asked for, at {} s",
                            *options_.snapshot_at));
  }
  return snapshot_->finish();
}

Status LoadObservation::write_timeline() {
  if (!timeline_) return {};
  timeline_->finish();
  std::ofstream file(options_.timeline, std::ios::binary | std::ios::trunc);
  file << timeline_->to_csv();
  file.close();
  if (!file) return fail(ErrorCode::Io, fmt::format("cannot write {}", options_.timeline));
  return {};
}

}  // namespace florin::bench
