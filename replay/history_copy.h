// The history of a data directory, copied for a backup or a restore. Stores of history are
// directories that their own library writes, so that these go by paths and not through the seam for
// disks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"
#include "history/change.h"
#include "snapshot/format.h"
#include "storage/data_directory.h"
#include "storage/storage.h"
#include "wal/format.h"

namespace florin::replay {

// A history that nobody writes, and how far it is durable.
struct KeptHistory {
  std::string path;
  history::Mark mark;
};

// The history of a backup or of a data directory at rest, if it has any: also where a backup was
// cut off between taking the earlier one away and giving the next one its name.
Result<std::optional<KeptHistory>> find_history(const std::string& directory, u128 ledger_id);

// Copies the history of `source`, if it has any, into `target` under another name: as it is durable
// now, whether or not a server writes it. Begun before the log is copied, it is never ahead of
// that. Takes back first what a call before left half done. The result has the path in the source.
Result<std::optional<KeptHistory>> copy_history(const storage::DataDirectory& source,
                                                const std::string& target);

// Puts what copy_history left, if anything, in the place of the history in `target`. Durable on
// return. A crash in between leaves one of the two, which find_history finds.
Status put_history_in_place(const std::string& target);

// Removes what copy_history left; the history of `target` stays.
Status remove_copied_history(const std::string& target);

// Removes all history from `target`.
Status remove_history(const std::string& target);

// Fails with Corrupt unless history has what left memory before the snapshot was cut.
Status check_history_reaches(const std::optional<KeptHistory>& history,
                             const std::string& snapshot_path, const snapshot::SnapshotInfo& info);

// Fails with Corrupt unless the log has the block that history ends with, and so all that history
// has to follow. `advice` ends the message.
Status check_history_goes_on(storage::Storage& storage, const std::string& log_directory,
                             u128 log_id, const KeptHistory& history, std::string_view advice);

// Restores a history into a new directory whose log ends with `end`, and whose newest snapshot is
// this one. History that goes further than the log is cut off at the snapshot, from where the next
// server follows the log again; without a snapshot the log is whole, and the next server makes
// history of it.
Status restore_history(const KeptHistory& history, const std::string& target,
                       const wal::LogEnd& end, const std::optional<snapshot::SnapshotInfo>& newest);

// Whether history goes further than a log that ends there.
bool is_ahead(const KeptHistory& history, const wal::LogEnd& end);

}  // namespace florin::replay
