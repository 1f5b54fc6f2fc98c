// The files of a directory of snapshots: DIRECTORY/snapshots/<position, 20 digits>.snapshot. A file
// `….partial` is one in the making and means nothing to a reader.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "snapshot/format.h"
#include "storage/storage.h"

namespace florin::snapshot {

// How many whole snapshots are kept: the newest, and one to fall back on.
inline constexpr usize kSnapshotsKept = 2;

std::string snapshot_name(Position position);
std::string partial_name(Position position);
std::optional<Position> parse_snapshot_name(std::string_view name);

struct SnapshotFile {
  Position position;  // As its name says.
  std::string name;
};

// Newest first. A directory that does not exist has none.
Result<std::vector<SnapshotFile>> list_snapshots(storage::Storage& storage,
                                                 const std::string& directory);

// Removes what a crash left of a snapshot in the making. Returns how many files that were.
Result<usize> remove_partial_snapshots(storage::Storage& storage, const std::string& directory);

// The newest snapshots whose first and last sector and table are right, at most `most` of them,
// newest first. What else is wrong with a file is found when it is read.
Result<std::vector<SnapshotInfo>> whole_snapshots(storage::Storage& storage,
                                                  const std::string& directory, u128 ledger_id,
                                                  u32 state_machine_version, usize most);

// Removes whole snapshots but the kSnapshotsKept newest; whatever else is there stays. Durable on
// return. Gives the segment from which the log is needed: by the older of those that are left; 0 =
// by none of them, so that all of the log is.
Result<u64> keep_newest_snapshots(storage::Storage& storage, const std::string& directory,
                                  u128 ledger_id, u32 state_machine_version);

// Renames a snapshot that was found damaged, so that it is neither loaded nor counted again, to the
// same name with ".damaged" behind it. Durable on return.
Status set_aside(storage::Storage& storage, const std::string& directory, const std::string& name);

}  // namespace florin::snapshot
