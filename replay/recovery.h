// Recovery: the log, read from its beginning, is executed again. What comes out is the ledger as it
// was when the last durable block was answered.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"
#include "engine/engine.h"
#include "pipeline/sequencer.h"
#include "storage/storage.h"
#include "wal/reader.h"

namespace florin::replay {

struct RecoveryProgress {
  u64 bytes_read = 0;
  u64 bytes_total = 0;  // Room prepared for later blocks included.
  u64 events = 0;       // Executed so far.
};

struct Recovered {
  wal::LogEnd end;             // Where the log goes on.
  pipeline::OrderState order;  // Where the order goes on.
  u64 blocks = 0;
  u64 events = 0;
  wal::TornTail torn_tail;  // Dropped: nobody was told of it.
  u64 duration_ns = 0;
};

struct RecoveryOptions {
  std::string log_directory;
  u128 log_id = 0;
  Limits limits;  // Capacities that the log must fit.
};

// Executes the log in `engine`, which must be empty. `report` is called about ten times a second.
// Errors: what the reader found (see wal::Reader); Capacity when the log holds more than the limits
// allow; Corrupt when a block's body is not what this version writes.
Result<Recovered> recover(storage::Storage& storage, engine::Engine& engine, Clock& clock,
                          const RecoveryOptions& options,
                          const std::function<void(const RecoveryProgress&)>& report);

}  // namespace florin::replay
