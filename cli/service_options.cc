#include "cli/service_options.h"

#include <algorithm>

#include "engine/cut_buffer.h"
#include "engine/tables.h"
#include "engine/update_book.h"
#include "snapshot/taker.h"

namespace florin::cli {

namespace {

// Below this many processors, hand-offs between threads cost more than they bring.
constexpr u32 kThreadsFromProcessors = 4;
constexpr u32 kLaneFromProcessors = 8;
constexpr u32 kNetThreadsMax = 64;
constexpr u32 kWorkersMax = 64;
constexpr u64 kSegmentMibLeast = 2;
constexpr u64 kSegmentMibMost = 1024;

Result<pipeline::Mode> parse_mode(const std::string& text) {
  if (text == "auto") return pipeline::Mode::Auto;
  if (text == "inline") return pipeline::Mode::Inline;
  if (text == "parallel") return pipeline::Mode::Parallel;
  return fail(ErrorCode::InvalidArgument,
              "--mode is '" + text + "'; expected auto, inline or parallel");
}

Status check_partitions(const Topology& topology) {
  const u32 most = topology.workers != 0 ? kWorkersMax : engine::kVirtualSlots;
  if (topology.partitions <= most) return {};
  return fail(ErrorCode::InvalidArgument,
              "--partitions is " + std::to_string(topology.partitions) + "; expected 1 to " +
                  std::to_string(most) + (topology.workers != 0 ? ", a worker thread each" : ""));
}

}  // namespace

Result<Topology> choose_topology(const ServiceOptions& options,
                                 const std::vector<int>& allowed_processors) {
  const auto processors = static_cast<u32>(allowed_processors.size());
  const auto mode = parse_mode(options.mode);
  if (!mode) return tl::unexpected<Error>(mode.error());
  if (options.net_threads > kNetThreadsMax) {
    return fail(ErrorCode::InvalidArgument,
                "--net-threads is " + std::to_string(options.net_threads) + "; expected 0 to " +
                    std::to_string(kNetThreadsMax));
  }
  Topology topology;
  topology.processors = processors;
  topology.mode = *mode;
  topology.net_threads = options.net_threads;
  const bool few = processors < kThreadsFromProcessors;
  if (*mode == pipeline::Mode::Inline || (*mode == pipeline::Mode::Auto && few)) {
    topology.mode = pipeline::Mode::Inline;
    topology.partitions = std::max(1U, options.partitions);
    if (!few && options.net_threads == 0) topology.net_threads = 1;
  } else {
    if (topology.net_threads == 0) topology.net_threads = std::max(1U, processors / 8);
    topology.lane_thread = processors >= kLaneFromProcessors;
    const u32 others = 1 + topology.net_threads + (topology.lane_thread ? 1 : 0);
    const u32 spare = processors > others ? processors - others : 1;
    topology.partitions = options.partitions != 0 ? options.partitions : spare;
    topology.workers = topology.partitions;
  }
  RETURN_IF_ERROR(check_partitions(topology));
  if (topology.threads() > 1 && topology.threads() <= processors) {
    topology.pinned = allowed_processors;
  }
  return topology;
}

// What the index of transfers is made for: 128 MiB, a small part of what the window behind it
// takes.
constexpr u64 kIndexedAtStart = 12'000'000;

Status choose_capacities(ServiceOptions& options, u64 memory_bytes) {
  if (options.segment_mib < kSegmentMibLeast || options.segment_mib > kSegmentMibMost) {
    return fail(ErrorCode::InvalidArgument,
                "--segment-mib is " + std::to_string(options.segment_mib) + "; expected " +
                    std::to_string(kSegmentMibLeast) + " to " + std::to_string(kSegmentMibMost));
  }
  constexpr u64 kMost = 1'000'000'000;
  const u64 budget = memory_bytes / 2;
  const u64 accounts = budget / 4 / engine::kAccountBytes;
  const u64 transfers = budget / 4 * 3 / engine::kTransferBytes;
  options.limits.accounts_max =
      options.accounts_max != 0 ? options.accounts_max : std::min(accounts, kMost);
  options.limits.transfers_max =
      options.transfers_max != 0 ? options.transfers_max : std::min(transfers, kMost);
  options.limits.transfers_indexed = std::min(options.limits.transfers_max, kIndexedAtStart);
  options.limits.segment_bytes = options.segment_mib * kMiB;
  return {};
}

Status check_history_options(const ServiceOptions& options) {
  constexpr u64 kCacheMibLeast = 8;
  if (options.history_cache_mib < kCacheMibLeast || options.history_cache_mib > kMiB) {
    return fail(ErrorCode::InvalidArgument, "--history-cache-mib is " +
                                                std::to_string(options.history_cache_mib) +
                                                "; expected 8 to 1048576");
  }
  if (options.no_history && !options.sinks_file.empty()) {
    return fail(ErrorCode::InvalidArgument,
                "--sinks reads from history; leave --no-history or --sinks out");
  }
  if (options.no_history && !options.export_directory.empty()) {
    return fail(ErrorCode::InvalidArgument,
                "--export reads from history; leave --no-history or --export out");
  }
  if (options.export_format != "ndjson" && options.export_format != "csv") {
    return fail(ErrorCode::InvalidArgument,
                "--export-format is '" + options.export_format + "'; expected ndjson or csv");
  }
  constexpr u64 kFileMibMost = 4096;
  if (options.export_file_mib < 1 || options.export_file_mib > kFileMibMost) {
    return fail(
        ErrorCode::InvalidArgument,
        "--export-file-mib is " + std::to_string(options.export_file_mib) + "; expected 1 to 4096");
  }
  return {};
}

Status choose_snapshots(ServiceOptions& options) {
  const auto check = [](const char* name, u64 value, u64 least, u64 most) -> Status {
    if (value >= least && value <= most) return {};
    return fail(ErrorCode::InvalidArgument, std::string(name) + " is " + std::to_string(value) +
                                                "; expected " + std::to_string(least) + " to " +
                                                std::to_string(most));
  };
  constexpr u64 kYearSeconds = u64{366} * 86'400;
  RETURN_IF_ERROR(check("--snapshot-log-mib", options.snapshot_log_mib, 1, kGiB));
  RETURN_IF_ERROR(check("--snapshot-interval", options.snapshot_interval_s, 0, kYearSeconds));
  RETURN_IF_ERROR(check("--snapshot-rate-mib", options.snapshot_rate_mib, 0, kMiB));
  options.limits.snapshot_log_bytes = options.snapshot_log_mib * kMiB;
  options.limits.snapshot_interval_ns = options.snapshot_interval_s * kNsPerSecond;
  options.limits.snapshot_at_stop = !options.no_snapshot_at_stop;
  return {};
}

Result<storage::StorageOptions> storage_options(const ServiceOptions& options) {
  storage::StorageOptions chosen;
  if (options.storage == "io_uring") {
    chosen.kind = storage::StorageKind::Uring;
  } else if (options.storage == "posix") {
    chosen.kind = storage::StorageKind::Posix;
  } else if (options.storage != "auto") {
    return fail(ErrorCode::InvalidArgument,
                "--storage is '" + options.storage + "'; expected auto, io_uring or posix");
  }
  if (options.durability == "dsync") {
    chosen.flush_method = storage::FlushMethod::Dsync;
  } else if (options.durability != "fdatasync") {
    return fail(ErrorCode::InvalidArgument,
                "--durability is '" + options.durability + "'; expected fdatasync or dsync");
  }
  return chosen;
}

u64 planned_memory_bytes(const Limits& limits, u32 partitions) {
  const u64 per_block = limits.block_bytes_max + u64{engine::Block::items_max(limits)} * 64;
  const u64 snapshot_buffers = u64{snapshot::TakerOptions().buffers} + partitions;
  const u64 reserved = u64{limits.blocks_in_flight} * engine::Block::write_items_max(limits);
  return (limits.accounts_max + reserved) * engine::kAccountBytes +
         (limits.transfers_max + reserved) * engine::kTransferBytes +
         limits.account_updates_max * engine::kUpdateBytes + limits.blocks_in_flight * per_block +
         snapshot_buffers * engine::CutBuffer::kBytes;
}

}  // namespace florin::cli
