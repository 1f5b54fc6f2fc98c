// Printing of the progress line.
#include "bench/load_progress.h"

#include <cstdio>

#include <fmt/core.h>

#include "bench/report.h"

namespace florin::bench {

// The rate is that since the last line, so that a stall shows.
void ProgressLine::show(const LoadResult& so_far) {
  if (!enabled_ || so_far.elapsed_ns <= last_elapsed_ns_) return;
  const double seconds = static_cast<double>(so_far.elapsed_ns - last_elapsed_ns_) * 1e-9;
  const double rate = static_cast<double>(so_far.transfers - last_transfers_) / seconds;
  const double percent =
      100.0 * static_cast<double>(so_far.transfers) / static_cast<double>(transfers_);
  const double p99_us = static_cast<double>(so_far.latency_ns.quantile(0.99)) * 1e-3;
  fmt::print(stderr, "\r{:5.1f}%  {:>12} transfers/s  p99 {:>10} us\033[K", percent,
             number_text(rate), number_text(p99_us));
  std::fflush(stderr);
  last_elapsed_ns_ = so_far.elapsed_ns;
  last_transfers_ = so_far.transfers;
}

void ProgressLine::finish() {
  if (!enabled_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

}  // namespace florin::bench
