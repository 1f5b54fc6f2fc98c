// Runs in memory: what was appended and is not written yet. The newest is open and grows; those
// before it are closed and wait to be written.
//
// One thread appends. Any thread reads meanwhile: objects in a run never move or change, lists only
// grow at their front, and the lock is held for some microseconds, by either side, to find where a
// list begins. What a reader finds may be newer than what is readable: it looks at places.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/types.h"
#include "history/change.h"
#include "history/id_table.h"

namespace florin::history {

// A change, in the list of an account's changes, newest first.
struct EntryLink {
  const TransferChange* change = nullptr;
  const EntryLink* previous = nullptr;
  u32 account = 0;  // Number of the account in the run.
};

// A change, in the list of what concerned a hold or original, newest first.
struct StatusLink {
  const TransferChange* change = nullptr;
  const StatusLink* previous = nullptr;
};

// Some changes in a row, as far as they were there when it was asked for.
struct ChunkView {
  std::span<const TransferChange> transfers;
  std::span<const OtherChange> others;
  std::span<const ConsumedId> consumed;
  std::span<const EntryLink> entries;    // Two for each of `transfers`: debit, credit.
  std::span<const StatusLink> statuses;  // In order.
  std::span<const u32> created;          // Which of `transfers` were created, not expired, ...
  std::span<const u32> accounts;         // ... and which of `others` created an account.
};

struct RunAccount {
  u128 id = 0;
  const EntryLink* newest = nullptr;
  u32 entries = 0;
};

class OpenRun {
 public:
  // `before`: the mark that the run begins at.
  OpenRun(const Mark& before, engine::HashSeed seed)
      : before_(before),
        end_(before),
        account_numbers_(seed),
        created_(seed),
        consumed_(seed),
        statuses_(seed),
        created_accounts_(seed) {}
  OpenRun(const OpenRun&) = delete;
  OpenRun& operator=(const OpenRun&) = delete;

  // The appending thread. Takes the batch; leaves it empty.
  void append(ChangeBatch& batch);
  // Makes room for about so many changes, so that nothing has to grow while it fills.
  void reserve(usize changes, usize accounts);

  // Any thread.
  const Mark& before() const { return before_; }
  Mark end() const;
  u64 changes() const;
  std::vector<ChunkView> chunks() const;
  const EntryLink* newest_entry(u128 account) const;
  const StatusLink* newest_status(u128 id) const;
  const TransferChange* find_created(u128 id) const;
  const ConsumedId* find_consumed(u128 id) const;
  const OtherChange* find_account(u128 id) const;

  // Of a closed run, which nobody appends to any more: all of it, without locks.
  std::span<const RunAccount> accounts() const { return accounts_; }

 private:
  // Memory that never moves once an object is in it.
  struct Chunk {
    ChangeBatch batch;
    std::vector<EntryLink> entries;
    std::vector<StatusLink> statuses;
    std::vector<u32> created;
    std::vector<u32> accounts;
  };

  static bool fits(const Chunk& chunk, const ChangeBatch& batch);
  Chunk& chunk_for(ChangeBatch& batch);
  void add_transfers(Chunk& chunk, usize first, usize last);
  void add_entry(Chunk& chunk, const TransferChange& change, u128 account);

  const Mark before_;
  mutable std::mutex mutex_;
  Mark end_;
  u64 changes_ = 0;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<RunAccount> accounts_;
  IdTable account_numbers_;  // Into `accounts_`.
  IdTable created_;          // Pointers, as are the next ones.
  IdTable consumed_;
  IdTable statuses_;
  IdTable created_accounts_;
};

// All runs in memory, oldest first, the open one last.
class RunList {
 public:
  // The runs as they are now. What is stored up to `stored` is for sure in the tables; what is in
  // these runs counts from here even if a table has it too by the time it is asked.
  struct View {
    std::vector<std::shared_ptr<const OpenRun>> runs;
    u64 stored = 0;  // Position.
  };

  void start(const Mark& mark, engine::HashSeed seed);
  // The appending thread.
  OpenRun& open() { return *open_; }
  const OpenRun& open() const { return *open_; }
  void close();
  // The writing thread: the oldest closed run, or null; and that it was written.
  std::shared_ptr<const OpenRun> oldest_closed() const;
  void drop_oldest();

  // Any thread.
  View view() const;
  usize closed() const;
  u64 changes() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<OpenRun>> runs_;
  OpenRun* open_ = nullptr;
  engine::HashSeed seed_;
};

}  // namespace florin::history
