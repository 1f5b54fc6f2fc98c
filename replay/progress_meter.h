// Reports the progress of recovery about ten times a second, with an estimate of what is left.
#pragma once

#include <functional>

#include "base/clock.h"
#include "replay/recovery.h"

namespace florin::replay {

// Of one phase. Belongs to one thread.
class ProgressMeter {
 public:
  using Report = std::function<void(const RecoveryProgress&)>;

  ProgressMeter(Clock& clock, const Report& report, RecoveryPhase phase)
      : clock_(clock), report_(report), phase_(phase), start_ns_(clock.monotonic_ns()) {}

  // Cheap when nothing is due.
  void advance(u64 bytes_read, u64 bytes_total, u64 events) {
    const u64 now = clock_.monotonic_ns();
    if (now - reported_ns_ < kReportEveryNs && reported_ns_ != 0) return;
    reported_ns_ = now;
    RecoveryProgress progress{phase_, bytes_read, bytes_total, events, std::nullopt};
    const u64 elapsed_ns = now - start_ns_;
    if (bytes_read != 0 && elapsed_ns >= kReportEveryNs && bytes_total >= bytes_read) {
      const double rate = static_cast<double>(bytes_read) / static_cast<double>(elapsed_ns);
      progress.left_ns = static_cast<u64>(static_cast<double>(bytes_total - bytes_read) / rate);
    }
    report_(progress);
  }

 private:
  static constexpr u64 kReportEveryNs = 100'000'000;

  Clock& clock_;
  const Report& report_;
  RecoveryPhase phase_;
  u64 start_ns_;
  u64 reported_ns_ = 0;
};

}  // namespace florin::replay
