// Fills an empty engine with what a cut of another one gave (see engine/cut.h), whatever the
// partitions, slots and hash seed of either. The future of the two is then the same.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "engine/cut_buffer.h"
#include "engine/cut_records.h"
#include "engine/engine.h"

namespace florin::engine {

// The buffers are given in three phases, each begun when the one before has ended:
//
// 1. Accounts, Transfers, FailedIds, KeptTransfers and KeptIds, in any order and by several threads
//    at once: load_accounts for every partition that the buffer has virtual slots of, all of one
//    partition by one thread; load_history by any thread, each buffer once.
// 2. index, for every partition, each by one thread.
// 3. All others (see comes_last) by one thread, in the order of their kinds, and within a kind of
//    their `first_number`; then finish.
//
// Nothing in a buffer is believed, but that its image has `body_bytes`. Corrupt: what is there
// cannot be a cut. The engine is of no use after an error.
class StateLoader {
 public:
  // Capacity: there are more records than the limits allow; names the option. Requires an engine
  // that nothing happened in.
  static Result<std::unique_ptr<StateLoader>> create(Engine& engine, const Limits& capacity,
                                                     const CutSummary& summary);

  // Whether buffers of this kind belong to the third phase.
  static bool comes_last(CutKind kind);
  // The partitions [first, last] that the virtual slots of a buffer of accounts lie in.
  struct Partitions {
    u32 first;
    u32 last;
  };
  Partitions partitions_in(const CutBuffer& buffer) const;

  // Loads those accounts of the buffer that are the partition's.
  Status load_accounts(const CutBuffer& buffer, u32 partition);
  Status load_history(const CutBuffer& buffer);

  Status index(u32 partition);

  Status load_books(const CutBuffer& buffer);
  // Checks that everything came, puts the rest in place, and verifies the engine.
  Status finish();

 private:
  struct WideAccount {
    u32 slot;
    Balances balances;
  };
  // What the thread of a partition, or whoever loads history, leaves for later.
  struct alignas(128) Part {
    std::vector<u32> accounts;  // Slots; from the second phase on by their timestamps.
    std::vector<WideAccount> wide;
    std::mutex history_mutex;
    std::vector<std::vector<u32>> history;  // Slots of its transfers and failed ids, by buffer.
  };
  // The slots of transfers that a buffer has filled, up to `end`.
  struct Claim {
    u64 end = 0;
    u64 first_timestamp = 0;  // Of Transfers.
    u64 last_timestamp = 0;
    u64 newest_kept = 0;  // Timestamp.
    u64 pending = 0;      // Of all transfers.
    u64 reversals = 0;
  };
  // Where a kind of transfers or ids goes: one after the other from a slot on, and, if they are
  // numbered, into the list of their order.
  struct Place {
    u64 first_slot;
    u64 first_number;
  };

  StateLoader(Engine& engine, const CutSummary& summary);

  u64 records_of(CutKind kind) const { return summary_.records[static_cast<usize>(kind)]; }
  // Of transfers and ids: those in the lists of their order, and all.
  u64 listed() const { return records_of(CutKind::Transfers) + records_of(CutKind::FailedIds); }
  u64 kept() const { return records_of(CutKind::KeptTransfers) + records_of(CutKind::KeptIds); }
  u64 in_memory() const { return listed() + kept(); }
  // Decided, but neither listed nor kept.
  u64 retired() const { return summary_.first_created + summary_.first_consumed - kept(); }

  Status check_summary() const;
  Status check_capacity(const Limits& capacity) const;
  Status check_transfers_room(u64 most) const;
  Status load_account(const CutAccount& record, Part& part, IdHash hash);
  Place place_of(CutKind kind) const;
  Status claim(const CutBuffer& buffer, u64 first_slot);
  Status claim_transfers(const CutBuffer& buffer, Claim& claim) const;
  Status load_transfer(const CutTransfer& record, u64 slot);
  Status load_failed_id(const CutFailedId& record, u64 slot);
  void list_history(u64 first_slot, u64 end_slot);
  Status index_transfer(u32 slot);

  Status load_mark(const CutMark& record);
  Status load_hold(const CutHold& record);
  Status open_hold(const CutHold& record, u32 transfer, u64 deadline);
  Status load_limit(const CutLimit& record);
  Status load_window(const CutWindow& record);
  Status load_change(const ledger::AccountChange& record);
  Status load_update_id(const CutUpdateId& record);
  Status load_creation(const CutCreation& record);
  Status load_counters(const CutCounters& record);
  void saw_time(u128 decided) { latest_ = decided > latest_ ? decided : latest_; }

  // kNoSlot: there is none.
  u32 find_account(u128 id) const { return tables_.find_account(tables_.seed.hash(id), id); }
  u32 find_created(u128 id) const;

  Status check_counts() const;
  Status check_claims() const;
  Status check_marks() const;
  Status check_times() const;
  Status check_last_transfer() const;
  Status order_accounts();
  void fill_in();
  void fill_in_window();

  Engine& engine_;
  Tables& tables_;
  Books& books_;
  const CutSummary summary_;
  std::vector<std::unique_ptr<Part>> parts_;  // By partition.
  std::atomic<u64> accounts_loaded_{0};
  std::mutex claims_mutex_;
  std::map<u64, Claim> claims_;          // By first slot.
  std::array<u64, kCutKinds> loaded_{};  // Of the third phase, by kind.
  u64 marks_closed_ = 0;                 // Of pending transfers, ...
  u64 marks_reversed_ = 0;               // ... and of those that another transfer reversed.
  u64 windows_named_ = 0;                // By limits.
  u128 latest_ = 0;                      // When anything that tells it was decided.
  CutCounters counters_{};
};

}  // namespace florin::engine
