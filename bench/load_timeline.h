// What was answered when, in even intervals: how latency behaves while something happens beside it.
// Recording a request does not allocate, but for a row now and then.
#pragma once

#include <string>
#include <vector>

#include "base/types.h"
#include "bench/histogram.h"

namespace florin::bench {

class Timeline {
 public:
  static constexpr u64 kIntervalNs = 10'000'000;

  struct Row {
    u64 begin_ns = 0;  // Since the beginning, as are all times here.
    u64 transfers = 0;
    u64 requests = 0;
    u64 p50_ns = 0;  // Of the requests that were answered in the interval.
    u64 p99_ns = 0;
    u64 max_ns = 0;
    std::string events;  // What else happened, separated by semicolons.
  };

  // `begin_ns` is a time of the monotonic clock, as are the arguments `now_ns`, which do not go
  // back.
  explicit Timeline(u64 begin_ns);

  void answered(u64 now_ns, u64 latency_ns, u64 transfers);
  void mark(u64 now_ns, const std::string& event);
  // Ends the last interval. Intervals without any answer have rows too.
  void finish();

  const std::vector<Row>& rows() const { return rows_; }
  // With a header line: ms, transfers, requests, p50_us, p99_us, max_us, event.
  std::string to_csv() const;

 private:
  void go_to(u64 now_ns);
  void close_row();

  u64 begin_ns_;
  Row row_;  // Of the interval that now lies in.
  Histogram latency_ns_;
  std::vector<Row> rows_;
};

}  // namespace florin::bench
