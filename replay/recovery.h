// Recovery: the newest whole snapshot, and the log behind it executed again. What comes out is the
// ledger as it was when the last durable block was answered.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/types.h"
#include "engine/engine.h"
#include "pipeline/log_history.h"
#include "pipeline/outcome_record.h"
#include "pipeline/sequencer.h"
#include "replay/executor.h"
#include "snapshot/cut_point.h"
#include "storage/storage.h"
#include "wal/reader.h"

namespace florin::replay {

enum class RecoveryPhase : u8 { Snapshot, Log };

struct RecoveryProgress {
  RecoveryPhase phase = RecoveryPhase::Log;
  u64 bytes_read = 0;   // Of this phase, ...
  u64 bytes_total = 0;  // ... and at most so many; of the log, room behind its end included.
  u64 events = 0;       // In the state so far: those of the snapshot, and those executed.
  // What is left of this phase at the rate that it had so far; nothing before there is one.
  std::optional<u64> left_ns;
};

// A snapshot that could not be used.
struct RejectedSnapshot {
  std::string path;
  Error error;
};

struct Recovered {
  std::unique_ptr<engine::Engine> engine;
  wal::LogEnd end;             // Where the log goes on; with `until`, behind the last whole block.
  pipeline::OrderState order;  // Where the order goes on.
  // The snapshot that was loaded; nothing when the log was executed from its beginning.
  std::optional<snapshot::CutPoint> snapshot;
  u64 snapshot_bytes = 0;
  // Newer ones, and why each could not be used; or could not be set aside.
  std::vector<RejectedSnapshot> rejected;
  u64 snapshot_taken_at = 0;  // Wall clock, nanoseconds since the Unix epoch.
  // As snapshot::Taken has it, for the snapshots that are there.
  u64 segments_needed_from = 0;
  // What became of the last blocks, where the log does not say it yet: for the core to log.
  pipeline::OutcomeQueue unlogged_outcomes;
  u64 blocks_compared = 0;  // Executed, and found as the log says.
  u64 blocks = 0;           // Executed.
  u64 events = 0;           // Executed.
  wal::TornTail torn_tail;  // Dropped: nobody was told of it.
  u64 duration_ns = 0;
  u64 log_bytes = 0;  // Of the blocks executed.
  // The ends of the last blocks, oldest first, at most RecoveryOptions::blocks_remembered. The cut
  // of the snapshot is one of them.
  std::vector<pipeline::ChainPoint> chain;
};

struct RecoveryOptions {
  std::string log_directory;
  u128 log_id = 0;
  Limits limits;                   // Capacities that the ledger must fit.
  std::string snapshot_directory;  // Empty: the log from its beginning.
  u32 partitions = 1;
  u64 hash_seed = 1;
  // 1: everything in this thread, step by step. More: so many load a snapshot, and the log is read
  // and checked by a thread ahead of the one that executes.
  u32 threads = 1;
  Until until;                     // Before the end of the log: to look at an earlier state.
  bool set_aside_damaged = false;  // Rename damaged snapshots: for the one who owns the directory.
  bool touch_memory = false;       // Makes all memory of the engine present first.
  usize blocks_remembered = pipeline::LogHistory::kPointsMax;
  // The history of this ledger, which has what left memory, and the end of the log up to which it
  // is durable. Null: there is none, and nothing ever left. It must outlive the engine.
  engine::Past* past = nullptr;
  wal::LogEnd history_durable;
  // Has history read the log to its end, and says up to where it is durable then. Called once, if
  // at all: when the ledger does not fit into memory while history lags behind a snapshot, since
  // nothing of a snapshot leaves memory before history has come to its position.
  std::function<Result<wal::LogEnd>()> catch_up_history;
};

// Reads the data of a ledger; writes nothing, unless told to set damaged snapshots aside. A
// damaged snapshot is skipped in favour of an older one, or of the whole log if that begins with
// its first block; which, and why, is in the result. One whose cut is not in the log exactly as it
// says is skipped too, and never set aside; it still says how far the log was durable. `report` is
// called about ten times a second. Errors: what the reader of the log found (see wal::Reader);
// Capacity when the ledger holds more than the limits allow; Corrupt when a block's body is not
// what this version writes, when replay decides other than the log says was decided, when history
// lacks what a snapshot leaves to it or is not that of this log, or when too little is left to
// recover from.
Result<Recovered> recover(storage::Storage& storage, Clock& clock, const RecoveryOptions& options,
                          const std::function<void(const RecoveryProgress&)>& report);

}  // namespace florin::replay
