// The history store in RocksDB: one directory, one writer, never a write-ahead log of its own.
//
// What is appended is kept in a run in memory, where it can be read at once. A closed run is
// written as one sorted file for each table (history/run_file.h) and all of them are taken in
// atomically, the mark among them: after a crash the store stands at the mark of a run, exactly.
// docs/history.md tells the format, and what it costs.
//
// Budget for each transfer, at 10,000 accounts and ids that ascend: 120 bytes of disk, 700 ns of
// processor time for append, write_run and its share of compaction. Memory: `cache_bytes`, and
// about 450 bytes for each change of the runs that are not written yet.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "history/id_ranges.h"
#include "history/open_run.h"
#include "history/row_codec.h"
#include "history/store.h"
#include "history/store_view.h"

namespace rocksdb {
class Env;
}

namespace florin::history {

class RunFile;

struct RocksOptions {
  std::string directory;   // Made if it is missing; its parent must exist.
  u128 ledger_id = 0;      // Of the ledger whose history this is. 0 when reading: any.
  u64 refusals_after = 0;  // Of a new store: the refusals up to this position will be missing.
  u64 cache_bytes = 256 * kMiB;
  u32 compaction_threads = 2;  // Of low priority; one may be busy with a large merge for minutes.
  u32 open_files_max = 512;
  u32 runs_waiting_max = 2;  // Closed runs that may wait to be written; beyond: no room.
  u32 pack_changes = 64;     // Changes, or entries of an account, stored together; at most 64.
  // Files of one table that may wait to be merged; beyond it, write_run waits for compaction.
  u32 unmerged_files_max = 200;
  u64 hash_seed = 0;  // Of tables in memory: what others cannot know, where they choose the ids.
  // For tools, beside a server or not: nothing is changed, and what was written by then is seen.
  bool read_only = false;
  // Told of an error of `find`, which has no other way; must not return. Null: the message goes to
  // standard error and the process aborts.
  std::function<void(const Error&)> fatal;
  // Told of errors that RocksDB met, on any of its threads. Null: they are not told.
  std::function<void(std::string_view)> told;
  // Where the files are; null: on the disk. For tests that let the disk fail.
  rocksdb::Env* environment = nullptr;
};

struct RocksStatistics {
  u64 runs_written = 0;  // Since the store was opened.
  u64 runs_waiting = 0;  // Closed, in memory.
  u64 changes_in_memory = 0;
  u64 disk_bytes = 0;
  u64 files = 0;
  u64 files_unmerged = 0;  // Of the table with the most.
  u64 reversals = 0;
};

// What `check` found to be there; it is right when check returns it.
struct RocksCheck {
  u64 transfers = 0;  // Created.
  u64 expiries = 0;
  u64 account_events = 0;
  u64 refusals = 0;
  u64 entries = 0;
  u64 ids_created = 0;
  u64 ids_consumed = 0;
};

class RocksStore final : public Store {
 public:
  // Errors: NotFound without the parent directory, or read-only without a store; AlreadyInUse when
  // another process writes it; Corrupt, naming the file; WrongVersion if another version of Florin
  // wrote it; InvalidArgument if it is another ledger's.
  static Result<std::unique_ptr<RocksStore>> open(const RocksOptions& options);
  ~RocksStore() override;

  Status append(ChangeBatch&& batch) override;  // Leaves an empty batch.
  bool has_room() const override;
  u64 open_changes() const override;
  void seal() override;
  Result<u64> write_run() override;
  Result<KnownAccount> known_account(u128 id) override;
  Result<KnownHold> known_hold(u128 id) override;
  Position readable() const override;
  Mark durable() const override;
  Status answer(ledger::Request& request) override;
  Result<std::vector<ListedAccount>> list_accounts(u128 after, u32 limit, Position as_of) override;
  bool may_have(u128 id) const override { return id_ranges_.may_have(id); }
  void find(std::span<const u128> ids, Position as_of,
            std::span<engine::PastTransfer> found) override;

  // Reads everything that is durable and proves it: checksums, places and numbers without gaps, the
  // chain of balances of each account, and that the tables say the same. `progress` is told how
  // many rows were read. Any thread; takes about 1 us a transfer.
  Result<RocksCheck> check(const std::function<void(u64 rows)>& progress);
  RocksStatistics statistics() const;

  u128 ledger_id() const;
  // The position behind which refusals are there: 0, but for stores that an earlier version began.
  u64 refusals_after() const;
  const RocksTables& tables() const { return *tables_; }

 private:
  explicit RocksStore(const RocksOptions& options);

  Status load();
  StoreView view() const;
  [[noreturn]] void fatal(const Error& error) const;

  const RocksOptions options_;
  std::unique_ptr<RocksTables> tables_;
  std::unique_ptr<RunFile> run_file_;  // Null when read-only.
  RunList runs_;
  // The appending thread's: what is published below.
  IdRanges::List ids_;
  IdRanges id_ranges_;
  std::atomic<u64> readable_{0};
  // Whether there is any, so that nobody looks for them when there is none.
  std::atomic<bool> has_reversals_{false};
  // The writing thread's, but for reading under the lock.
  mutable std::mutex mark_mutex_;
  MarkRow mark_;
  std::atomic<u64> runs_written_{0};
};

// Makes `to`, which must not exist, a copy of the store in `from` as it is durable now; a server
// may be writing `from` meanwhile. Files are shared by hard links where the file system can, since
// they never change. Durable on return. Errors: NotFound, AlreadyInUse if `to` exists, Io, NoSpace.
Status copy_store(const std::string& from, const std::string& to);

}  // namespace florin::history
