// The data directory of one ledger: its layout, and the identity that ties its files together.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "storage/identity.h"
#include "storage/storage.h"

namespace florin::storage {

// DIRECTORY/identity says whose data this is, DIRECTORY/log/ has the segments of the log,
// DIRECTORY/snapshots/ the snapshots, and DIRECTORY/lock belongs to ProcessLock, to be taken first.
// A value: it owns nothing.
class DataDirectory {
 public:
  // Opens the data directory at `path`, or makes it, with `new_ledger_id` (not 0) and
  // `new_segment_bytes` (whole sectors) as its identity; a directory that exists keeps its own. The
  // parent must exist. The directory of snapshots is made if it is missing, also in a data
  // directory that exists. Everything made is durable on return, and a crash in between leaves what
  // the next call completes. Nothing may be in flight in `storage`.
  //
  // Errors: NotFound without a parent directory; Corrupt if the identity is damaged, or if either
  // of identity and log is there without the other; WrongVersion if another version of Florin made
  // it.
  static Result<DataDirectory> open(Storage& storage, const std::string& path, u128 new_ledger_id,
                                    u64 new_segment_bytes);

  // The data directory at `path`, which must exist; writes nothing. For those who only read it, the
  // server's process beside them or not.
  static Result<DataDirectory> open_existing(Storage& storage, const std::string& path);

  const std::string& path() const { return path_; }
  std::string log_path() const { return path_ + "/log"; }
  // May be missing where nothing was written (open_existing): then there are no snapshots.
  std::string snapshot_path() const { return path_ + "/snapshots"; }
  std::string history_path() const { return path_ + "/history"; }
  u128 ledger_id() const { return ledger_id_; }
  u64 segment_bytes() const { return segment_bytes_; }
  // Whether this call made it: there is then no log to recover.
  bool is_new() const { return is_new_; }

 private:
  DataDirectory(std::string path, u128 ledger_id, u64 segment_bytes, bool is_new)
      : path_(std::move(path)),
        ledger_id_(ledger_id),
        segment_bytes_(segment_bytes),
        is_new_(is_new) {}

  std::string path_;
  u128 ledger_id_;
  u64 segment_bytes_;
  bool is_new_;
};

// Makes the directory itself, durably, if it is missing. NotFound if its parent does not exist.
Status create_data_directory(Storage& storage, const std::string& path);

// Gives the directory its identity, durably: from then on it is a data directory. What was synced
// in it before is there when the identity is.
Status make_identity(Storage& storage, const std::string& directory, const Identity& identity);

// The directory that holds `path`: "." for a bare name.
std::string parent_directory(const std::string& path);

}  // namespace florin::storage
