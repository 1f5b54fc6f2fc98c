// Rows of intervals.
#include "bench/load_timeline.h"

#include <utility>

#include <fmt/core.h>

namespace florin::bench {
namespace {

constexpr usize kRowsReserved = 6000;  // A minute.

double us(u64 ns) { return static_cast<double>(ns) * 1e-3; }

}  // namespace

Timeline::Timeline(u64 begin_ns) : begin_ns_(begin_ns) { rows_.reserve(kRowsReserved); }

void Timeline::answered(u64 now_ns, u64 latency_ns, u64 transfers) {
  go_to(now_ns);
  latency_ns_.record(latency_ns);
  row_.transfers += transfers;
  ++row_.requests;
}

void Timeline::mark(u64 now_ns, const std::string& event) {
  go_to(now_ns);
  if (!row_.events.empty()) row_.events += "; ";
  row_.events += event;
}

void Timeline::finish() { close_row(); }

void Timeline::go_to(u64 now_ns) {
  while (now_ns >= begin_ns_ + row_.begin_ns + kIntervalNs) close_row();
}

void Timeline::close_row() {
  if (row_.requests > 0) {
    row_.p50_ns = latency_ns_.quantile(0.5);
    row_.p99_ns = latency_ns_.quantile(0.99);
    row_.max_ns = latency_ns_.max();
    latency_ns_ = {};
  }
  const u64 next_ns = row_.begin_ns + kIntervalNs;
  rows_.push_back(std::exchange(row_, {}));
  row_.begin_ns = next_ns;
}

std::string Timeline::to_csv() const {
  std::string csv = "ms,transfers,requests,p50_us,p99_us,max_us,event\n";
  for (const Row& row : rows_) {
    csv +=
        fmt::format("{},{},{},{:.1f},{:.1f},{:.1f},{}\n", row.begin_ns / 1'000'000, row.transfers,
                    row.requests, us(row.p50_ns), us(row.p99_ns), us(row.max_ns), row.events);
  }
  return csv;
}

}  // namespace florin::bench
