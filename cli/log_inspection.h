// What a log holds, gathered by reading all of it: for `florin inspect log`.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "ledger/operation.h"
#include "storage/data_directory.h"
#include "storage/storage.h"
#include "wal/format.h"
#include "wal/reader.h"

namespace florin::cli {

struct SegmentSummary {
  u64 number = 0;
  u64 size_bytes = 0;
  u64 used_bytes = 0;  // Of blocks, padding included; 0 = made ahead, or kept to be used again.
  u64 blocks = 0;
  u64 first_sequence = 0;
  u64 last_sequence = 0;
  u64 first_position = 0;  // Of the first event in it; 0 = no events.
  u64 last_position = 0;
  Timestamp first_time;  // Of the first and the last block.
  Timestamp last_time;
};

struct OperationCount {
  u64 requests = 0;
  u64 events = 0;
};

struct LogInspection {
  wal::LogEnd begin;  // Where the reading began: the end of what a snapshot holds, or the start.
  wal::LogEnd end;
  std::vector<SegmentSummary> segments;  // From where the reading began; all that are there.
  std::map<ledger::Operation, OperationCount> operations;
  u64 outcome_records = 0;
  u64 blocks = 0;
  u64 body_bytes = 0;
  u64 stored_bytes = 0;  // With headers and padding.
  wal::TornTail torn_tail;
  std::optional<Error> marks_damage;  // The log was read without its marks.
  std::optional<Error> damage;        // Why the reading stopped before the end.
};

// Sees each block in its order.
using BlockVisitor = std::function<void(const wal::Block&)>;

// Reads the log behind `from`. Damage is part of the findings; an error means that the directory
// could not be read at all.
Result<LogInspection> inspect_log(storage::Storage& storage,
                                  const storage::DataDirectory& directory, const wal::LogEnd& from,
                                  const BlockVisitor& visit);

}  // namespace florin::cli
