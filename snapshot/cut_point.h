// Where in the order of events a snapshot was cut.
#pragma once

#include "base/types.h"
#include "wal/format.h"

namespace florin::snapshot {

// Between two blocks. What comes after it is in the log from `log` on.
struct CutPoint {
  wal::LogEnd log;         // The end of the log at the cut; `log.position` events are in the state.
  u64 last_timestamp = 0;  // Of the last logged event, nanoseconds.
};

}  // namespace florin::snapshot
