// Every maximum of the server in one place, so that a test can make each of them tiny. Defaults
// suit a developer's machine; `serve` derives the capacities from the memory it finds.
#pragma once

#include "base/result.h"
#include "base/types.h"

namespace florin {

struct Limits {
  // Memory: how much the ledger can hold. Independent of the number of partitions.
  u64 accounts_max = 1'000'000;
  // Transfers in memory, refused-and-consumed ids included: with history the window of the newest,
  // without it all there can ever be.
  u64 transfers_max = 10'000'000;
  // So many the index takes without growing: memory, 8 to 16 bytes an id, for time, 20 to 30 ns an
  // id.
  u64 transfers_indexed = 0;
  u64 account_updates_max = 100'000;  // Remembered changes of accounts, and so of limits.

  // Blocks: what is ordered, logged and executed together.
  u32 blocks_in_flight = 16;  // Ordered but not yet answered. A power of two.
  u32 block_requests_max = 8192;
  u64 block_bytes_max =
      1 * kMiB + 128 * kKiB;  // Log bytes of requests in one block; at least one frame.
  u64 small_request_bytes_max = 4 * kKiB;  // A request up to this size is "small" ...
  u64 small_share_bytes = 128 * kKiB;      // ... and small ones have this much of each block.
  u32 block_reads_max = 16'384;   // Ids looked up by one block; bounds the answers' memory.
  u32 parallel_events_min = 512;  // Smaller blocks run on one thread when nothing is in flight.

  // History: what memory has forgotten is answered by it.
  u64 commit_feed_bytes = 16 * kMiB;  // Of durable blocks on their way to it; beyond: by file.
  u32 retire_ids_max = 32'768;        // Forgotten at once: 1 to 2 ms in which no block is executed.
  // Transfers that memory has no room for wait as long as history, which makes room, comes further
  // at least this often; beyond that they are refused as busy.
  u64 history_wait_ns = 1'000'000'000;

  // Log.
  u64 segment_bytes = 64 * kMiB;  // A multiple of 4 KiB, larger than any block.
  u32 segments_ahead = 2;         // Zeroed and ready before they are needed.
  u32 log_writes_in_flight = 4;
  u64 outcome_delay_ns = 8'000'000;  // So long outcomes wait for a block to come.

  // Snapshots.
  u64 snapshot_log_bytes = 4 * kGiB;           // Of log since the last one: time for the next ...
  u64 snapshot_interval_ns = 900'000'000'000;  // ... or this long after it; 0 = never for that.
  u64 snapshot_retry_ns = 30'000'000'000;      // After one that failed.
  bool snapshot_at_stop = true;                // If anything was logged since the last one.
  u64 snapshot_stop_ns_max = 120'000'000'000;  // The longest that a stop waits for it.

  // Network.
  u32 connections_max = 4096;
  u32 connection_requests_max = 256;  // In flight per connection; beyond it the socket is not read.
  u64 connection_bytes_max = 8 * kMiB;  // Request bytes in flight per connection.
  u64 frame_bytes_max = 1 * kMiB;       // Header included.
  u32 request_events_max = 8189;
};

// Whether the limits fit each other. The error names the limit, its value, and what was expected.
Status check_limits(const Limits& limits);

}  // namespace florin
