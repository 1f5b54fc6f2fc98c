#include "cli/history_reach.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include <fmt/core.h>

#include "base/clock.h"
#include "cli/value_text.h"
#include "pipeline/log_record.h"
#include "wal/reader.h"

namespace florin::cli {

namespace {

// Since history came further for the last time.
constexpr u64 kWaitNsMost = 10 * kNsPerSecond;
constexpr auto kLookAgain = std::chrono::milliseconds(200);

template <class Event>
u64 imported_until(const pipeline::RecordReader::Entry& entry, u16 imported, u64 time_ns) {
  u64 count = 0;
  for (u32 index = 0; index < entry.record.event_count; ++index) {
    Event event;
    std::memcpy(&event, entry.events + index * sizeof(Event), sizeof(Event));
    if ((event.flags & imported) != 0 && event.timestamp <= time_ns) ++count;
  }
  return count;
}

// How many of a request's events are of the time.
u64 events_until(const pipeline::RecordReader::Entry& entry, u64 time_ns) {
  using ledger::Operation;
  const pipeline::RequestRecord& record = entry.record;
  if (record.timestamp <= time_ns) {
    return std::min<u64>(record.event_count, time_ns - record.timestamp + 1);
  }
  const auto operation = static_cast<Operation>(record.operation);
  if (operation == Operation::CreateTransfers) {
    return imported_until<ledger::Transfer>(entry, ledger::transfer_flags::kImported, time_ns);
  }
  if (operation == Operation::CreateAccounts) {
    return imported_until<ledger::Account>(entry, ledger::account_flags::kImported, time_ns);
  }
  return 0;
}

Status count_events(const wal::Block& block, u64 time_ns, HistoryLag& lag) {
  pipeline::RecordReader records(block.body);
  for (;;) {
    const auto entry = records.next();
    RETURN_IF_ERROR(entry);
    if (!entry->has_value()) return {};
    const u64 within = events_until(**entry, time_ns);
    lag.events += within;
    lag.events_later += (*entry)->record.event_count - within;
  }
}

}  // namespace

Result<HistoryLag> lag_until(const OfflineDirectory& offline, const history::Mark& durable,
                             u64 time_ns) {
  HistoryLag lag;
  SystemClock clock;
  const u64 now_ns = clock.wall_time().ns;
  const auto reader =
      wal::Reader::open(*offline.storage, offline.directory.log_path(),
                        offline.directory.ledger_id(), pipeline::kStateMachineVersion, durable.log);
  if (!reader) return tl::unexpected<Error>(reader.error());
  for (;;) {
    const auto block = (*reader)->next();
    if (!block && block.error().code == ErrorCode::NotFound) return lag;
    if (!block) return tl::unexpected<Error>(block.error());
    if (!block->has_value() || (*block)->header.timestamp > now_ns) return lag;
    if ((*block)->header.event_count == 0) continue;  // Outcomes of earlier ones alone.
    RETURN_IF_ERROR(count_events(**block, time_ns, lag));
  }
}

Result<std::unique_ptr<history::RocksStore>> open_reached_store(
    const OfflineDirectory& offline, u64 time_ns,
    const std::function<void(const HistoryLag&)>& waiting) {
  SystemClock clock;
  u64 moved_at = clock.monotonic_ns();
  Position reached;
  for (;;) {
    auto store = offline.open_store(offline.directory.history_path(), true);
    if (!store) return tl::unexpected<Error>(std::move(store).error());
    const history::Mark durable = (*store)->durable();
    const auto lag = lag_until(offline, durable, time_ns);
    if (!lag) return tl::unexpected<Error>(lag.error());
    if (lag->events == 0) return store;
    if (durable.log.position > reached) {
      reached = durable.log.position;
      moved_at = clock.monotonic_ns();
    }
    if (clock.monotonic_ns() - moved_at > kWaitNsMost) {
      return fail(
          ErrorCode::Timeout,
          fmt::format("history ends with position {} ({} UTC), and the log has {} more events "
                      "of the time that is asked about. A running server writes them within "
                      "seconds; if none runs, start it once, or see florin history status",
                      with_thousands(durable.log.position.value),
                      time_text(Timestamp{durable.last_timestamp}), with_thousands(lag->events)));
    }
    waiting(*lag);
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace florin::cli
