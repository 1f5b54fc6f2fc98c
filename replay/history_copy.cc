// A history in a backup is replaced by three steps: history -> history.old, history.new -> history,
// and when both are durable, history.old goes. In between there is no `history`, and both others
// are whole.
#include "replay/history_copy.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "history/cut_copy.h"
#include "history/rocks_store.h"
#include "replay/log_search.h"
#include "wal/segment_directory.h"

namespace florin::replay {

namespace {

namespace fs = std::filesystem;

std::string history_path(const std::string& target) { return target + "/history"; }
std::string copied_path(const std::string& target) { return target + "/history.new"; }
std::string replaced_path(const std::string& target) { return target + "/history.old"; }

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// A directory of a store that was never finished has none.
bool has_store(const std::string& path) { return exists(path + "/CURRENT"); }

Status remove_all(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return fail_errno(error.value(), "remove " + path);
  return {};
}

Status rename(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return fail_errno(error.value(), "rename " + from + " to " + to);
  return {};
}

Status sync_directory(const std::string& path) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return fail_errno(errno, "open " + path);
  const int synced = ::fsync(directory);
  const int error_number = errno;
  ::close(directory);
  if (synced != 0) return fail_errno(error_number, "sync " + path);
  return {};
}

// The earlier history comes back: with the snapshots that are still the earlier ones it is right.
Status take_back_exchange(const std::string& target) {
  if (exists(replaced_path(target)) && !exists(history_path(target))) {
    RETURN_IF_ERROR(rename(replaced_path(target), history_path(target)));
    RETURN_IF_ERROR(sync_directory(target));
  }
  RETURN_IF_ERROR(remove_all(replaced_path(target)));
  return remove_copied_history(target);
}

Result<history::Mark> durable_mark(const std::string& path, u128 ledger_id) {
  history::RocksOptions options;
  options.directory = path;
  options.ledger_id = ledger_id;
  options.cache_bytes = kMiB;
  options.read_only = true;
  const auto store = history::RocksStore::open(options);
  if (!store) return tl::unexpected<Error>(store.error());
  return (*store)->durable();
}

// Where a follower stands at the snapshot.
history::Mark mark_of(const snapshot::SnapshotInfo& info) {
  using engine::CutKind;
  history::Mark mark;
  mark.log = info.point.log;
  mark.last_timestamp = info.point.last_timestamp;
  mark.created = info.first_created + info.count_of(CutKind::Transfers);
  mark.consumed = info.first_consumed + info.count_of(CutKind::FailedIds);
  mark.accounts = info.count_of(CutKind::Accounts);
  mark.updates = info.count_of(CutKind::AccountChanges) + info.count_of(CutKind::UpdateIds);
  return mark;
}

// What keeps history from following the log; empty when nothing does.
Result<std::string_view> obstacle(storage::Storage& storage, const std::string& log_directory,
                                  u128 log_id, const wal::LogEnd& history) {
  if (history.sequence == 0) {
    const auto segments = wal::list_segments(storage, log_directory);
    RETURN_IF_ERROR(segments);
    const bool has_all = segments->empty() || is_whole(*segments);
    return has_all ? "" : "does not begin with its first block";
  }
  const auto found = find_block(storage, log_directory, log_id, history.segment, history.sequence);
  RETURN_IF_ERROR(found);
  if (!*found) return "does not have the block that ends there";
  return (*found)->chain == history.chain ? "" : "has another block there";
}

}  // namespace

// Where the earlier one was taken away, the next one and the log that it needs are whole.
Result<std::optional<KeptHistory>> find_history(const std::string& directory, u128 ledger_id) {
  for (const std::string& path :
       {history_path(directory), copied_path(directory), replaced_path(directory)}) {
    if (!has_store(path)) continue;
    const auto mark = durable_mark(path, ledger_id);
    RETURN_IF_ERROR(mark);
    return KeptHistory{path, *mark};
  }
  return std::optional<KeptHistory>();
}

Result<std::optional<KeptHistory>> copy_history(const storage::DataDirectory& source,
                                                const std::string& target) {
  RETURN_IF_ERROR(take_back_exchange(target));
  if (!has_store(source.history_path())) return std::optional<KeptHistory>();
  RETURN_IF_ERROR(history::copy_store(source.history_path(), copied_path(target)));
  const auto mark = durable_mark(copied_path(target), source.ledger_id());
  RETURN_IF_ERROR(mark);
  return KeptHistory{source.history_path(), *mark};
}

Status put_history_in_place(const std::string& target) {
  if (!exists(copied_path(target))) return {};
  if (exists(history_path(target))) {
    RETURN_IF_ERROR(rename(history_path(target), replaced_path(target)));
  }
  RETURN_IF_ERROR(rename(copied_path(target), history_path(target)));
  RETURN_IF_ERROR(sync_directory(target));
  return remove_all(replaced_path(target));
}

Status remove_copied_history(const std::string& target) { return remove_all(copied_path(target)); }

Status remove_history(const std::string& target) {
  RETURN_IF_ERROR(remove_all(history_path(target)));
  RETURN_IF_ERROR(remove_all(replaced_path(target)));
  return remove_copied_history(target);
}

Status check_history_reaches(const std::optional<KeptHistory>& history,
                             const std::string& snapshot_path, const snapshot::SnapshotInfo& info) {
  if (info.retired() == 0) return {};
  if (history && history->mark.log.position >= info.retired_position) return {};
  const std::string reach = history ? fmt::format("history {} ends at position {}", history->path,
                                                  history->mark.log.position.value)
                                    : "there is no history beside it";
  return fail(ErrorCode::Corrupt,
              fmt::format("snapshot {} leaves {} ids to history, decided up to position {}, but "
                          "{}. Put the history back as it was, or use an earlier backup",
                          snapshot_path, info.retired(), info.retired_position.value, reach));
}

Status check_history_goes_on(storage::Storage& storage, const std::string& log_directory,
                             u128 log_id, const KeptHistory& history, std::string_view advice) {
  const auto found = obstacle(storage, log_directory, log_id, history.mark.log);
  RETURN_IF_ERROR(found);
  if (found->empty()) return {};
  return fail(
      ErrorCode::Corrupt,
      fmt::format("history {} ends at position {}, and the log in {} {}, so that history "
                  "could not go on from there. {}",
                  history.path, history.mark.log.position.value, log_directory, *found, advice));
}

bool is_ahead(const KeptHistory& history, const wal::LogEnd& end) {
  const wal::LogEnd& mark = history.mark.log;
  return mark.position > end.position || mark.sequence > end.sequence;
}

Status restore_history(const KeptHistory& history, const std::string& target,
                       const wal::LogEnd& end,
                       const std::optional<snapshot::SnapshotInfo>& newest) {
  if (!is_ahead(history, end)) return history::copy_store(history.path, history_path(target));
  if (!newest) return {};
  return history::copy_store_until(history.path, history_path(target), mark_of(*newest));
}

}  // namespace florin::replay
