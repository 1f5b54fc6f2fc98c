// The report of a benchmark as JSON, for programs that compare runs.
#pragma once

#include <span>
#include <string>

#include "bench/report.h"

namespace florin::bench {

// One object: "settings", "figures" (the report's; groups are objects: "latency_us": {"p50": …}),
// "runs" (the figures of each run, in order), "notes", "verified" (a boolean) and "problems".
std::string to_json(const Report& report, std::span<const Report> runs);

}  // namespace florin::bench
