// What is watched and done beside a load: latency over time, a snapshot in the middle.
#pragma once

#include <memory>
#include <optional>

#include "base/result.h"
#include "bench/load_generator.h"
#include "bench/load_options.h"
#include "bench/load_snapshot.h"
#include "bench/load_timeline.h"
#include "client/endpoint.h"
#include "client/loop.h"

namespace florin::bench {

class LoadObservation final : public LoadObserver {
 public:
  // What the options ask for. Loop and options must outlive it.
  LoadObservation(const LoadOptions& options, client::Loop& loop, const client::Endpoint& endpoint);

  // After the load: waits for the snapshot, and writes the timeline to its file. Fails when the
  // load ended before the snapshot was asked for.
  Status finish();
  std::optional<u64> snapshot_ns() const;

  void begun(u64 now_ns) override;
  void answered(u64 now_ns, u64 latency_ns, u64 transfers) override;
  Status step(u64 now_ns) override;

 private:
  Status finish_snapshot();
  Status write_timeline();

  const LoadOptions& options_;
  u64 begin_ns_ = 0;
  std::optional<Timeline> timeline_;
  std::unique_ptr<SnapshotDuringLoad> snapshot_;
};

}  // namespace florin::bench
