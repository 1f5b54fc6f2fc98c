// History as those read it who do not run the server: how far it is behind the log, and waiting
// until a period of time is in it.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "base/types.h"
#include "cli/offline.h"
#include "history/rocks_store.h"

namespace florin::cli {

// What of a time the log has and history does not have durably.
struct HistoryLag {
  u64 events = 0;        // Of the time.
  u64 events_later = 0;  // Of a later one.
};

// How far a store that is durable up to this mark is behind the log as it is now. Of the time up to
// `time_ns` is what was logged then, and what brings such a time with it (imported). Reads what
// history does not have yet: with a server, that of two seconds. Errors of wal::Reader; but a
// segment that was recycled meanwhile is in history.
Result<HistoryLag> lag_until(const OfflineDirectory& offline, const history::Mark& durable,
                             u64 time_ns);

// The store, with everything up to this time in it. A server makes what it logged durable in
// history within two seconds, or later when it has much to do: so it is opened again as long as
// history comes further, while `waiting` is told of the lag. Timeout: it has not for ten seconds;
// the message tells by how much it is behind.
Result<std::unique_ptr<history::RocksStore>> open_reached_store(
    const OfflineDirectory& offline, u64 time_ns,
    const std::function<void(const HistoryLag&)>& waiting);

}  // namespace florin::cli
