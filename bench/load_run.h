// One run of the benchmark, from the creation of the accounts to the verified report.
#pragma once

#include "base/result.h"
#include "bench/load_options.h"
#include "bench/report.h"

namespace florin::bench {

// Creates the workload's accounts, measures the anchors, sends the load, and verifies what the
// server has. A report with problems means that the server lost or changed something.
Result<Report> run_load(const LoadOptions& options, const LoadTarget& target);

}  // namespace florin::bench
