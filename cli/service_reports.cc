#include "cli/service_reports.h"

#include <spdlog/spdlog.h>

namespace florin::cli {

namespace {

double mib(u64 bytes) { return static_cast<double>(bytes) / static_cast<double>(kMiB); }
double seconds(u64 ns) { return static_cast<double>(ns) * 1e-9; }

}  // namespace

void report_progress(const replay::RecoveryProgress& progress) {
  const char* const phase =
      progress.phase == replay::RecoveryPhase::Snapshot ? "snapshot" : "log behind it";
  const std::string left =
      progress.left_ns ? fmt::format("; about {:.0f} s left", seconds(*progress.left_ns)) : "";
  spdlog::info("recovering: {:.0f} of at most {:.0f} MiB of the {}, {} events{}",
               mib(progress.bytes_read), mib(progress.bytes_total), phase, progress.events, left);
}

void report_recovered(const replay::Recovered& recovered) {
  for (const replay::RejectedSnapshot& rejected : recovered.rejected) {
    spdlog::warn("snapshot {} cannot be used: {}; an older state and more of the log were read",
                 rejected.path, rejected.error.message);
  }
  if (recovered.snapshot) {
    spdlog::info("loaded the snapshot of position {} ({:.1f} MiB)",
                 recovered.snapshot->log.position.value, mib(recovered.snapshot_bytes));
  }
  spdlog::info("recovered {} events from {} log blocks{}; {:.3f} s in all", recovered.events,
               recovered.blocks, recovered.snapshot ? " behind it" : "",
               seconds(recovered.duration_ns));
  if (recovered.torn_tail.blocks != 0 || recovered.torn_tail.bytes != 0) {
    spdlog::info("dropped the log's torn tail ({} blocks, {} bytes): it was never acknowledged",
                 recovered.torn_tail.blocks, recovered.torn_tail.bytes);
  }
}

void report_snapshot_plan(const ServiceOptions& options) {
  const std::string interval =
      options.snapshot_interval_s == 0 ? "" : fmt::format(" or {} s", options.snapshot_interval_s);
  const std::string rate = options.snapshot_rate_mib == 0
                               ? "as fast as the disk takes them"
                               : fmt::format("at {} MiB/s", options.snapshot_rate_mib);
  spdlog::info("snapshots: after {} MiB of log{}{}, {}; the log is kept {}",
               options.snapshot_log_mib, interval,
               options.no_snapshot_at_stop ? "" : " and at a stop", rate,
               options.archive ? "for ever" : "as far as the two newest need it");
}

void report_snapshot(const snapshot::Taken& taken, u64 retry_ns) {
  const u64 position = taken.point.log.position.value;
  if (!taken.status) {
    spdlog::warn(
        "snapshot of position {} failed: {}; the ledger goes on, the snapshots before are "
        "kept, and it is tried again in {:.0f} s",
        position, taken.status.error().message, seconds(retry_ns));
    return;
  }
  spdlog::info(
      "snapshot of position {} taken: {:.1f} MiB in {:.3f} s; the log is needed from "
      "segment {}",
      position, mib(taken.bytes), seconds(taken.duration_ns),
      std::max<u64>(1, taken.segments_needed_from));
}

}  // namespace florin::cli
