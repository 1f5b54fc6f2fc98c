// What one run of the benchmark is to do, and against which server.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "base/result.h"
#include "base/types.h"
#include "bench/workload.h"
#include "ledger/operation.h"

namespace florin::bench {

inline constexpr u32 kConnectionsMax = 4000;
inline constexpr u32 kInFlightMax = 256;  // What a server takes of one connection by default.

struct LoadOptions {
  WorkloadOptions workload;
  u64 transfers = 10'000'000;
  u32 batch = ledger::kRequestEventsMax;  // Transfers in a request.
  u32 connections = 1;
  u32 in_flight = 4;  // Requests per connection.
  u64 rate = 0;       // Transfers a second over all connections; 0 = as fast as answers come.
  // Connections beside those, each with one transfer a request and one request in flight. They
  // draw from the same sequence; the first `singles_alone` transfers are theirs alone.
  u32 singles = 0;
  u64 singles_alone = 0;
  std::string timeline;               // A file for latency over time, or empty.
  std::optional<double> snapshot_at;  // Ask for a snapshot so many seconds after the beginning.
  bool show_progress = false;

  SendPlan send_plan() const { return {transfers, batch, u64{connections} * in_flight}; }
};

// Whether such a run is possible; the error says which option does not fit which.
Status check_load(const LoadOptions& options);

struct LoadTarget {
  std::string host = "127.0.0.1";
  u16 port = 0;
  std::optional<pid_t> server_pid;  // When the server is a process of this machine.
  std::string data_directory;       // Where the server's log is, or empty when not known.
  bool exclusive = false;           // Whether nobody else uses the server.
};

}  // namespace florin::bench
