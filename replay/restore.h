// A new data directory from a backup, or from any data directory that no server uses, as of a
// chosen moment.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"
#include "replay/executor.h"
#include "storage/storage.h"

namespace florin::replay {

struct RestoreOptions {
  std::string backup;
  std::string target;  // Missing or empty.
  // The log ends between two requests, at or before this; all of it by default.
  Until until;
  // A person's decision, when both marks are lost: the log is taken as far as it can be read, and
  // is refused only if a later block says that something before it is missing.
  bool without_marks = false;
};

struct RestoreReport {
  u128 ledger_id = 0;
  Position position;  // The restored ledger ends here: at the end of a request.
  Timestamp time;     // Of its last event.
  u128 chain = 0;
  u64 snapshots = 0;               // Copied.
  std::vector<Error> passed_over;  // Snapshots that are damaged, or that history does not reach.
  u64 blocks = 0;                  // Of the log, copied.
  u64 bytes = 0;
  u64 duration_ns = 0;
};

// History is restored too: cut off at the newest restored snapshot where it goes beyond the moment,
// and with the log that it has still to follow. Errors: InvalidArgument when the target is not
// empty, or the moment is before what the backup can restore; Corrupt when the backup is damaged,
// history could not go on with its log, or no snapshot is left that history reaches. A crash or an
// error leaves a target without an identity, which no server starts from: remove it and begin
// again.
Result<RestoreReport> restore(storage::Storage& storage, Clock& clock,
                              const RestoreOptions& options,
                              const std::function<void(u64 bytes_copied)>& report);

}  // namespace florin::replay
