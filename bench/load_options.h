// What one run of the benchmark is to do, and against which server.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

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
  bool show_progress = false;

  SendPlan send_plan() const { return {transfers, batch, u64{connections} * in_flight}; }
};

struct LoadTarget {
  std::string host = "127.0.0.1";
  u16 port = 0;
  std::optional<pid_t> server_pid;  // When the server is a process of this machine.
  std::string data_directory;       // Where the server's log is, or empty when not known.
  bool exclusive = false;           // Whether nobody else uses the server.
};

}  // namespace florin::bench
