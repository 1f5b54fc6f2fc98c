// What the commands that work on a data directory without its server have in common.
#pragma once

#include <memory>
#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "history/store.h"
#include "replay/recovery.h"
#include "storage/data_directory.h"
#include "storage/storage.h"

namespace florin::history {
class RocksStore;
}

namespace florin::cli {

class ProgressLine;

// A data directory that is only read: its server may be running.
struct OfflineDirectory {
  std::unique_ptr<storage::Storage> storage;
  storage::DataDirectory directory;
  std::unique_ptr<history::Store> history;  // Null before open_history, or when there is none.

  // NotFound, Corrupt or WrongVersion when it is no whole data directory.
  static Result<OfflineDirectory> open(const std::string& path);
  // The store of history in a directory of this ledger. Errors as those of
  // history::RocksStore::open.
  Result<std::unique_ptr<history::RocksStore>> open_store(const std::string& path,
                                                          bool read_only) const;
  // For those who recover, which asks history for what left memory. Errors as
  // those of open_store.
  Status open_history();
};

// Capacities that fit whatever a ledger can hold: they are address space until they are used.
Limits offline_limits();

// Recovery of the directory as far as `until`, with as many threads as there are processors.
replay::RecoveryOptions offline_recovery(const OfflineDirectory& offline, u32 partitions);

// Shows the progress of a recovery.
void show_recovery(ProgressLine& line, const replay::RecoveryProgress& progress);

// Prints the message to stderr, behind the name of the command; returns the exit code.
int refuse(const std::string& command, const Error& error);

}  // namespace florin::cli
