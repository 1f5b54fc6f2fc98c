// The engine's memory: dense arrays of records by slot, the indexes that find slots, and the pools
// that hand them out. Who may touch what:
//
// - The owner of a partition: its part of the indexes, its pools, the references of its slots; of
//   its records the id, and of account records the timestamp, the counters, flags and user data.
// - The authoriser: the states, marks, holds, limits and numbers of creation; and of a record whose
//   slot it fills what the event does not say, or all but the id when the slot was reserved for
//   another event (see Authoriser).
//
// A record's hand-over between the two follows the order of blocks: resolve, authorise, post.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/memory_region.h"
#include "base/result.h"
#include "engine/account_state.h"
#include "engine/hold_state.h"
#include "engine/id_hash.h"
#include "engine/id_index.h"
#include "engine/slot_pool.h"
#include "engine/slot_ring.h"
#include "ledger/account.h"
#include "ledger/operation.h"
#include "ledger/outcome.h"
#include "ledger/transfer.h"

namespace florin::engine {

// Memory per object, for planning. The index holds 8 bytes an entry at loads between 0.25 and 0.8.
inline constexpr u64 kIndexBytesPerId = 16;
inline constexpr u64 kAccountBytes = sizeof(ledger::Account) + sizeof(AccountState) + sizeof(u64) +
                                     2 * sizeof(u32) + kIndexBytesPerId;
// A transfer has its stamp and its place among those created, consumed, and given back.
inline constexpr u64 kTransferBytes = sizeof(ledger::Transfer) + sizeof(u8) + 4 * sizeof(u32) +
                                      sizeof(TransferMark) + kIndexBytesPerId;
// Beside it, of a hold while it is open: its state and its place in the queue of deadlines.
inline constexpr u64 kOpenHoldBytes = sizeof(HoldState) + 24;

// What an id was decided with: the TransferOutcome (0 = reserved only), and one bit.
struct TransferState {
  static constexpr u8 kOutcomeBits = 0x7f;
  static constexpr u8 kTookAll = 0x80;  // A post that took all that was left of its hold.
  static_assert(ledger::kTransferOutcomeEnd <= kTookAll);
};

struct TablesOptions {
  u64 accounts_max = 0;
  u64 transfers_max = 0;  // In memory.
  u32 partitions = 1;
  // Reservations that may exist beside what is used; and as many ids of the past that items name.
  u64 items_in_flight_max = 0;
  u64 hash_seed = 0;
  u64 transfers_expected = 0;  // See Limits::transfers_indexed.
};

// The trial balance of what one partition owns: it books debits and credits where the accounts are,
// so that their equality over all partitions is a proof and not a definition.
class PartitionTotals {
 public:
  ledger::LedgerTotals& of(u32 ledger) {
    if (last_ == nullptr || last_->ledger != ledger) [[unlikely]] {
      last_ = &totals_[ledger];
      last_->ledger = ledger;
    }
    return *last_;
  }
  const std::map<u32, ledger::LedgerTotals>& all() const { return totals_; }

 private:
  std::map<u32, ledger::LedgerTotals> totals_;
  ledger::LedgerTotals* last_ = nullptr;
};

struct alignas(128) Partition {
  Partition(SlotSource& accounts, SlotSource& transfers, usize returned_max)
      : account_slots(accounts, returned_max), transfer_slots(transfers, returned_max) {}

  SlotPool account_slots;
  SlotPool transfer_slots;
  PartitionTotals totals;
};

struct Tables {
  static Result<std::unique_ptr<Tables>> create(const TablesOptions& options);

  Partition& partition_of(IdHash hash) {
    return *partitions[engine::partition_of(hash.virtual_slot,
                                            static_cast<u32>(partitions.size()))];
  }
  u32 find_account(IdHash hash, u128 id) const {
    return account_index.find(hash, [&](u32 slot) { return accounts[slot].id == id; });
  }
  // The same, but where there is no such account it may be the slot of another one whose id has the
  // same hash. It reads no record unless two have: whoever uses the slot compares the id.
  u32 account_candidate(IdHash hash, u128 id) const {
    return account_index.candidate(hash, [&](u32 slot) { return accounts[slot].id == id; });
  }
  u32 find_transfer(IdHash hash, u128 id) const {
    return transfer_index.find(hash, [&](u32 slot) { return transfers[slot].id == id; });
  }
  // Of a number that is in memory, and was not passed over.
  u32 created_slot(u64 number) const { return transfers_by_creation[number]; }
  u32 consumed_slot(u64 number) const { return transfers_failed[number]; }
  // Makes present the memory that this many objects will use.
  void touch(u64 accounts_expected, u64 transfers_expected) const;

  TablesOptions options;
  HashSeed seed;

  // By account slot.
  ReservedArray<ledger::Account> accounts;  // Timestamp 0 = reserved, not (yet) created.
  ReservedArray<AccountState> account_states;
  ReservedArray<u64> account_timestamps;  // Of creation, for the authoriser.
  ReservedArray<u32> account_references;  // Stamp of the last creation that named the slot.
  ReservedArray<u32> account_limits;      // Number of its limits plus one; 0 = it never had any.
  IdIndex account_index;
  SlotSource account_source;

  // By transfer slot.
  ReservedArray<ledger::Transfer> transfers;
  ReservedArray<u8> transfer_states;       // See TransferState.
  ReservedArray<u32> transfer_references;  // Stamp of the last event that named the id.
  IdIndex transfer_index;
  ReservedArray<TransferMark> transfer_marks;
  ReservedArray<u8> marked_chunks;  // By slot / kSlotChunk: 1 = one of its marks was ever set.
  SlotSource transfer_source;

  // Slots by the number of creation, from 0: in the order of timestamps too.
  ReservedArray<u32> accounts_by_creation;
  SlotRing transfers_by_creation;
  SlotRing transfers_failed;  // The same of ids that were consumed without a transfer.
  // Whether any id has ever left memory. Changes while no block is in flight.
  bool has_left = false;

  ReservedArray<HoldState> holds;  // Open holds, by number.

  std::vector<std::unique_ptr<Partition>> partitions;
};

}  // namespace florin::engine
