// What a run of the benchmark measured, and the report that is made of it.
#pragma once

#include <optional>

#include "base/types.h"
#include "bench/histogram.h"
#include "bench/load_anchors.h"
#include "bench/load_generator.h"
#include "bench/load_options.h"
#include "bench/load_process.h"
#include "bench/load_verification.h"
#include "bench/report.h"
#include "protocol/messages.h"

namespace florin::bench {

struct Measurements {
  Histogram ping_ns;
  std::optional<DurableWrites> durable_writes;
  LoadResult load;
  u64 load_cpu_ns = 0;                        // Of the generator's thread, without singles alone.
  std::optional<ProcessUsage> server_before;  // The load.
  std::optional<ProcessUsage> server_after;
  protocol::ServerInfo server_info;  // Right after the last answer.
  std::optional<u64> snapshot_ns;    // How long the snapshot took that was asked for.
};

Report report_of(const LoadOptions& options, const Measurements& measured,
                 const Verification& verification);

}  // namespace florin::bench
