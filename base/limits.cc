#include "base/limits.h"

#include <algorithm>
#include <bit>

namespace florin {

namespace {

constexpr u64 kEventBytes = 128;
constexpr u64 kUpdateBytes = 256;  // Of update_accounts, and how many of them one request has.
constexpr u64 kUpdatesMax = 4093;
constexpr u64 kRequestHeaderBytes = 64;
constexpr u64 kSectorBytes = 4096;
constexpr u64 kMostBytes = u64{1} << 60;
constexpr u64 kMostNs = u64{1} << 60;

struct Range {
  const char* name;
  u64 value;
  u64 least;
  u64 most;
};

Status check_range(const Range& range) {
  if (range.value >= range.least && range.value <= range.most) return {};
  return fail(ErrorCode::InvalidArgument,
              std::string(range.name) + " is " + std::to_string(range.value) + "; expected " +
                  std::to_string(range.least) + " to " + std::to_string(range.most));
}

}  // namespace

Status check_limits(const Limits& limits) {
  if (limits.small_share_bytes > kMiB) {
    return check_range({"small_share_bytes", limits.small_share_bytes, 0, kMiB});
  }
  const u64 largest_request =
      kRequestHeaderBytes +
      std::max(limits.request_events_max * kEventBytes,
               std::min<u64>(limits.request_events_max, kUpdatesMax) * kUpdateBytes);
  const u64 block_least = largest_request + limits.small_share_bytes;
  const Range ranges[] = {
      {"accounts_max", limits.accounts_max, 1, 4'000'000'000},
      {"transfers_max", limits.transfers_max, 1, 4'000'000'000},
      {"account_updates_max", limits.account_updates_max, 0, 4'000'000'000},
      {"request_events_max", limits.request_events_max, 1, 8189},
      {"blocks_in_flight", limits.blocks_in_flight, 2, 1024},
      {"block_requests_max", limits.block_requests_max, 1, 32'768},
      {"block_bytes_max", limits.block_bytes_max, block_least, 2 * kMiB},
      {"small_request_bytes_max", limits.small_request_bytes_max, kRequestHeaderBytes + kEventBytes,
       limits.small_share_bytes},
      {"block_reads_max", limits.block_reads_max, limits.request_events_max, 16'384},
      {"commit_feed_bytes", limits.commit_feed_bytes, kSectorBytes, 16 * kGiB},
      {"retire_ids_max", limits.retire_ids_max, 1, 16'777'216},
      {"history_wait_ns", limits.history_wait_ns, 0, kMostNs},
      {"segment_bytes", limits.segment_bytes, limits.block_bytes_max + 2 * kSectorBytes, kGiB},
      {"segments_ahead", limits.segments_ahead, 1, 64},
      {"log_writes_in_flight", limits.log_writes_in_flight, 1, 16},
      {"outcome_delay_ns", limits.outcome_delay_ns, 0, 1'000'000'000},
      {"snapshot_log_bytes", limits.snapshot_log_bytes, kSectorBytes, kMostBytes},
      {"snapshot_interval_ns", limits.snapshot_interval_ns, 0, kMostNs},
      {"snapshot_retry_ns", limits.snapshot_retry_ns, 1, kMostNs},
      {"snapshot_stop_ns_max", limits.snapshot_stop_ns_max, 0, kMostNs},
      {"connections_max", limits.connections_max, 1, 1'000'000},
      {"connection_requests_max", limits.connection_requests_max, 1, 65'536},
      {"connection_bytes_max", limits.connection_bytes_max, limits.frame_bytes_max, kGiB},
      {"frame_bytes_max", limits.frame_bytes_max, limits.request_events_max * kEventBytes + 256,
       16 * kMiB},
  };
  for (const Range& range : ranges) RETURN_IF_ERROR(check_range(range));
  if (limits.segment_bytes % kSectorBytes != 0) {
    return fail(ErrorCode::InvalidArgument, "segment_bytes is " +
                                                std::to_string(limits.segment_bytes) +
                                                "; expected a multiple of 4096");
  }
  if (!std::has_single_bit(limits.blocks_in_flight)) {
    return fail(ErrorCode::InvalidArgument, "blocks_in_flight is " +
                                                std::to_string(limits.blocks_in_flight) +
                                                "; expected a power of two");
  }
  return {};
}

}  // namespace florin
