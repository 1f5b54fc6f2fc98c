// What a server tells its operators in its log, at its start and of its snapshots.
#pragma once

#include <string>

#include "cli/service_options.h"
#include "replay/recovery.h"
#include "snapshot/taker.h"

namespace florin::cli {

void report_progress(const replay::RecoveryProgress& progress);
// Which snapshot, and why not a newer one; what was executed, what was dropped, how long it took.
void report_recovered(const replay::Recovered& recovered);
// When snapshots are taken, and what of the log is kept.
void report_snapshot_plan(const ServiceOptions& options);
// A snapshot was taken, or has failed and is tried again after so long.
void report_snapshot(const snapshot::Taken& taken, u64 retry_ns);

}  // namespace florin::cli
