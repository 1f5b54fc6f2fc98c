// An online copy of a data directory, made by another process while a server writes to it. What
// comes out is a data directory itself: to start a server from, to restore from (replay/restore.h),
// and to bring up to date by the next copy.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"
#include "storage/storage.h"

namespace florin::replay {

struct BackupOptions {
  std::string source;  // A data directory, in use or not.
  std::string target;  // Missing, empty, or an earlier backup of the same ledger.
  // Removes from the target what its own two newest snapshots do not need; otherwise nothing is
  // ever removed, and every state since the first backup can be restored.
  bool prune = false;
  u32 attempts_max = 5;  // The source may trim its log while it is read: then begin again.
};

struct BackupProgress {
  enum class Phase : u8 { Snapshots, Log };
  Phase phase = Phase::Snapshots;
  u64 bytes_copied = 0;  // In all.
  Position position;     // The backup reaches so far, once it is done.
};

struct BackupReport {
  u128 ledger_id = 0;
  Position position;  // Everything up to here is in the backup: it was durable in the source.
  Position earliest;  // The earliest state that can be restored.
  u128 chain = 0;     // Of the last block.
  u64 blocks = 0;     // Copied by this call, ...
  u64 bytes = 0;      // ... snapshots included.
  u64 snapshots = 0;  // Copied by this call.
  u64 segments = 0;   // Written by this call.
  // Snapshots of the source that are damaged, and that the backup does without.
  std::vector<Error> passed_over;
  u64 attempts = 1;
  u64 duration_ns = 0;
};

// Every snapshot and block is checked as it is copied. History is copied as far as it is durable,
// with the log from there on. A crash in between leaves the earlier backup, or more, and the next
// call completes it. Nothing may be in flight in `storage`. Errors: NotFound when the source is no
// data directory; InvalidArgument when the target holds another ledger, other history, or ends
// before what the source still has; Corrupt when the source is damaged, or history could not go on
// with the log that the backup has, or lacks what a snapshot leaves to it; NoSpace and Io of the
// target.
Result<BackupReport> copy_backup(storage::Storage& storage, Clock& clock,
                                 const BackupOptions& options,
                                 const std::function<void(const BackupProgress&)>& report);

}  // namespace florin::replay
