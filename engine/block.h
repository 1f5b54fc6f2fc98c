// A block: requests that are ordered, executed and logged together, with the room that the stages
// need to pass their findings on. Blocks are made once and used again; nothing is allocated per
// transfer.
#pragma once

#include <memory>
#include <vector>

#include "base/limits.h"
#include "base/types.h"
#include "engine/effect.h"
#include "engine/id_hash.h"
#include "engine/planted.h"
#include "ledger/request.h"

namespace florin::engine {

// What resolve found for one item (an event of a write, or an id of a look-up).
struct ItemWork {
  u32 debit;      // Slot of the debit account; of the only account for other operations.
  u32 credit;     // Slot of the credit account.
  u32 transfer;   // Slot of the transfer id.
  u8 shape;       // The refusal by the event's own fields, as the operation's outcome.
  bool reserved;  // The slot was reserved for this item, and its record holds this event.
  u16 flags;      // Of a transfer.
};
static_assert(sizeof(ItemWork) == 16);

// One look-up that a partition has to make for an item.
enum class Role : u8 {
  Debit,
  Credit,
  TransferId,
  EarlierTransfer,  // The one that `pending_id` names.
  NewAccount,
  FindAccount,  // For the authoriser alone: nothing is posted.
  ReadAccount,
  ReadTransfer,
};

struct RoleEntry {
  u32 item;
  u32 tag;
  u16 virtual_slot;
  Role role;
};

// The look-ups that one partition has to make for one slice of a block: those of transfers'
// accounts, which are the most and are alike, each by themselves. On lines of their own, as slices
// are filled at the same time.
struct alignas(128) RoleLists {
  std::vector<RoleEntry> debits;
  std::vector<RoleEntry> credits;
  std::vector<RoleEntry> others;

  void clear() {
    debits.clear();
    credits.clear();
    others.clear();
  }
};

// What the past knows of an id that the block names and memory had not: it is back, in this slot.
struct Revived {
  u64 number = 0;  // Of its creation, or among consumed ids.
  u32 slot = 0;
  u8 state = 0;  // TransferState
  ledger::PendingStatus pending_status = ledger::PendingStatus::None;
  bool reversed = false;
};

struct BlockRequest {
  ledger::Request* request = nullptr;
  ledger::Operation operation = ledger::Operation::CreateAccounts;
  u32 first_item = 0;
  u32 item_count = 0;
  u64 timestamp = 0;  // Of the first event; of a read or a dry run the last logged time.
  bool dry_run = false;
  bool imported = false;  // As its first event is.
  // When an item of the request, a write, is decided.
  u64 timestamp_of(u32 item) const {
    const bool stands = dry_run && !planted(Defect::DryRunLetsTimePass);
    return stands ? timestamp : timestamp + (item - first_item);
  }
};

// When an object that is created by an event decided at `decided` is said to be from.
template <class Event>
u64 stored_timestamp(const Event& event, bool imported, u64 decided) {
  return imported ? event.timestamp : decided;
}

// A hold that came due.
struct Expiry {
  u128 released = 0;
  u32 item = 0;      // Released before this item was decided.
  u32 transfer = 0;  // Slot.
};

// The lines of a trial balance that one partition found.
struct TotalsPart {
  std::vector<ledger::LedgerTotals> lines;
  bool more = false;
};

// Accounts that one partition found for a query, with the numbers of their creation.
struct QueryPart {
  struct Line {
    u64 number;
    ledger::Account account;
  };
  std::vector<Line> lines;
};

// Belongs to one stage at a time; handed on by the progress counters of the pipeline.
class Block {
 public:
  // `partitions` is how many lists of roles are kept per slice.
  Block(const Limits& limits, u32 partitions);

  // The most events of writes that a block can have, and the most items.
  static u32 write_items_max(const Limits& limits);
  static u32 items_max(const Limits& limits);

  void clear(u64 sequence);
  bool has_room_for(const ledger::Request& request) const;
  // Adds a request; a write's events get the timestamps from `timestamp` on.
  void add(ledger::Request* request, u64 timestamp);

  u64 sequence() const { return sequence_; }
  // The item's event (Account, Transfer) or id.
  const std::byte* event(u32 item) const { return events_[item]; }
  const ledger::Account& account(u32 item) const {
    return *reinterpret_cast<const ledger::Account*>(events_[item]);
  }
  const ledger::Transfer& transfer(u32 item) const {
    return *reinterpret_cast<const ledger::Transfer*>(events_[item]);
  }
  const ledger::AccountUpdate& update(u32 item) const {
    return *reinterpret_cast<const ledger::AccountUpdate*>(events_[item]);
  }
  u128 id(u32 item) const { return *reinterpret_cast<const u128*>(events_[item]); }
  u32 item_count() const { return item_count_; }

  // Distinguishes the items of all blocks in flight, and of many before them.
  u32 stamp(u32 item) const { return static_cast<u32>(sequence_ << kStampItemBits) | item; }

  RoleLists& roles(u32 slice, u32 partition) { return roles_[slice * partitions_ + partition]; }
  // The part of a trial balance that a partition answered; by request and partition.
  TotalsPart& totals_part(u32 trial_balance, u32 partition) {
    return totals_parts_[trial_balance * partitions_ + partition];
  }
  u32 trial_balance_count() const { return trial_balance_count_; }
  // The same of a query of accounts.
  QueryPart& query_part(u32 query, u32 partition) {
    return query_parts_[query * partitions_ + partition];
  }

  // What came back from the past: lists by partition, or the first for a block that one thread
  // executes. Resolve fills them, before anything of the block is decided.
  std::vector<Revived>& revived(u32 list) { return revived_[list]; }

  // The position of its last event, or the last before it when it has none that is logged.
  Position position_after() const { return Position{position_before.value + logged_count_}; }

  // What is to be booked beside the events: lists by partition, or one list for a block that one
  // thread executes. The authoriser begins them, in `lists` lists.
  void begin_effects(u32 lists);
  // Lends the block another's storage for its only list, or takes it back.
  void swap_effects(std::vector<Effect>& storage) { effects_[0].swap(storage); }
  u32 effect_lists() const { return effect_lists_; }
  std::vector<Effect>& effects(u32 list) { return effects_[list]; }

  // Of the last event before the block: what the past knows beyond it does not count. Whoever
  // orders the block says so.
  Position position_before;
  std::vector<BlockRequest> requests;
  std::unique_ptr<ItemWork[]> work;  // By item.
  // By item: slot of the transfer that `pending_id` names; only of events flagged to name one.
  std::unique_ptr<u32[]> earlier;
  u64 accounts_after = 0;  // Held for good when the block was decided.
  u64 transfers_after = 0;
  u64 transfers_in_memory_after = 0;
  u64 updates_after = 0;
  u64 deadline_after = 0;  // The soonest of the open holds then.
  // In order. Holds that a chain expired and gave back are not among them.
  std::vector<Expiry> expiries;
  // Ascending items whose transfer, if it was created, may say what its event does not.
  std::vector<u32> derived;
  std::unique_ptr<u8[]> outcomes;  // By item: AccountOutcome or TransferOutcome.

 private:
  static constexpr u32 kStampItemBits = 15;

  u32 partitions_;
  u32 items_max_;
  u32 requests_max_;
  u64 sequence_ = 0;
  u32 item_count_ = 0;
  u32 read_count_ = 0;
  u32 reads_max_;
  u32 trial_balance_count_ = 0;
  std::unique_ptr<const std::byte*[]> events_;
  std::vector<RoleLists> roles_;  // By slice and partition.
  std::vector<TotalsPart> totals_parts_;
  u32 query_count_ = 0;
  std::vector<QueryPart> query_parts_;
  std::vector<std::vector<Effect>> effects_;  // By list.
  u32 effect_lists_ = 0;
  std::vector<std::vector<Revived>> revived_;  // By list.
  u32 logged_count_ = 0;                       // Events that take a position.
};

}  // namespace florin::engine
