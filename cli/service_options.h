// What `florin serve` is told, and what it makes of it on this machine.
#pragma once

#include <string>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "pipeline/core.h"
#include "storage/options.h"

namespace florin::cli {

struct ServiceOptions {
  std::string data_directory;
  std::string host = "127.0.0.1";
  u16 port = 7717;
  // Zero means: from the machine.
  u32 partitions = 0;
  u32 net_threads = 0;
  u64 accounts_max = 0;
  u64 transfers_max = 0;
  std::string mode = "auto";             // auto, inline, parallel.
  std::string storage = "auto";          // auto, io_uring, posix.
  std::string durability = "fdatasync";  // fdatasync, dsync.
  u64 segment_mib = 64;
  u64 snapshot_log_mib = 4096;    // A snapshot after so much log ...
  u64 snapshot_interval_s = 900;  // ... or after so long; 0 = never for that.
  u64 snapshot_rate_mib = 256;    // A second; 0 = as fast as the disk takes it.
  bool no_snapshot_at_stop = false;
  bool archive = false;      // The whole log is kept.
  std::string witness_file;  // Empty, or what must be in the log (cli/witness_file.h).
  bool no_history = false;   // Nothing leaves memory, and the past cannot be asked.
  u64 history_cache_mib = 256;
  std::string export_directory;          // Empty: no files are exported.
  std::string export_format = "ndjson";  // ndjson, csv.
  u64 export_file_mib = 64;              // Of text in a file.
  bool export_refusals = false;          // Refused transfers too.
  std::string sinks_file;                // Empty: nothing downstream but files.
  bool touch_memory = false;
  Limits limits;  // The rest; capacities are filled in from the above.
};

// Which threads there are and what they do.
struct Topology {
  pipeline::Mode mode = pipeline::Mode::Inline;
  u32 partitions = 1;
  u32 workers = 0;           // 0, or one per partition.
  u32 net_threads = 0;       // Beside the core; 0 = the core thread does the network too.
  bool lane_thread = false;  // The authoriser has a thread of its own.
  std::vector<int> pinned;   // Every thread's processor, the core's first; empty = not pinned.
  u32 processors = 1;        // There are so many.
  u32 threads() const { return 1 + net_threads + workers + (lane_thread ? 1 : 0); }
};

// Chooses threads for these processors: on few, one thread does everything without hand-offs.
Result<Topology> choose_topology(const ServiceOptions& options,
                                 const std::vector<int>& allowed_processors);

// Capacities for this much memory: half of it, a quarter of that for accounts. The error names the
// option that cannot be.
Status choose_capacities(ServiceOptions& options, u64 memory_bytes);

// The error names the option about history or exports that cannot be.
Status check_history_options(const ServiceOptions& options);

// When snapshots are taken. The error names the option that cannot be.
Status choose_snapshots(ServiceOptions& options);

Result<storage::StorageOptions> storage_options(const ServiceOptions& options);

// Bytes that a ledger with these capacities takes when full, blocks in flight and a snapshot under
// way included.
u64 planned_memory_bytes(const Limits& limits, u32 partitions);

}  // namespace florin::cli
