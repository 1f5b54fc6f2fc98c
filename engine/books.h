// Everything that the authoriser knows and changes, with the undoing of its changes and the effects
// that it leaves for the owners.
#pragma once

#include "base/check.h"
#include "engine/balances.h"
#include "engine/block.h"
#include "engine/books_cut.h"
#include "engine/hold_book.h"
#include "engine/limit_book.h"
#include "engine/memory_window.h"
#include "engine/planted.h"
#include "engine/tables.h"
#include "engine/undo_log.h"
#include "engine/update_book.h"

namespace florin::engine {

// Belongs to the authorising thread. Changes go through its functions, so that they can be undone
// while a scope of the undo log is open.
struct Books {
  explicit Books(Tables& the_tables)
      : tables(the_tables),
        balances(the_tables),
        holds(the_tables),
        limits(the_tables),
        updates(the_tables.seed),
        cut(the_tables, holds, limits, updates) {}

  AccountState& account(u32 slot) { return tables.account_states[slot]; }
  bool account_exists(u32 slot) const {
    return slot != kNoSlot && tables.account_states[slot].exists();
  }
  // Whether the slot that was resolved for this id is that of the account, and it exists.
  bool account_is(u32 slot, u128 id) const {
    if (slot == kNoSlot) return false;
    const AccountState& state = tables.account_states[slot];
    return state.id == id || (planted(Defect::CollidingIdBelieved) && state.exists());
  }
  // What the id in the slot was decided with, 0 = not yet.
  u8 transfer_outcome(u32 slot) const {
    return tables.transfer_states[slot] & TransferState::kOutcomeBits;
  }
  // At the end of a block: what was decided up to it.
  void note_decisions() {
    const u64 consumed = transfers_count - transfers_created;
    window.decisions.note({transfers_created, consumed, window.position});
  }
  // That something happened to the transfer after its creation, by the window's position; and that
  // it was undone.
  void note_change(u32 slot);
  void drop_change(u32 slot);
  // That it is in memory again, as history has it durably: only what happens to it from now on can
  // keep it there.
  void note_return(u32 slot);

  bool transfer_exists(u32 slot) const {
    return slot != kNoSlot && transfer_outcome(slot) == ledger::kCreated;
  }

  void add_to_balance(u32 slot, Counter counter, u128 amount);
  // What leaves the pending counter of a side, and what of it arrives at the posted one.
  void release_balance(u32 slot, Counter pending, Counter posted, u128 released, u128 captured);
  // Sets and clears bits of the account's status; not kExists, kWide, kLimited.
  void change_status(u32 slot, u16 set, u16 clear);
  // Gives it the next number of creation.
  void add_account(u32 slot, const AccountState& state, u64 timestamp);
  // Marks the id as decided; one that was created has the timestamp.
  void add_transfer(u32 slot, ledger::TransferOutcome outcome, u64 timestamp);
  void mark_reversed(u32 slot);
  // Takes in what came back from the past. Not to be undone: it is as if it had never left.
  void take_back(const Revived& revived);

  u32 open_hold(const HoldState& hold);
  void close_hold(u32 number, ledger::PendingStatus status);
  void capture_hold(u32 number, u128 amount);

  void charge(u32 slot, const VelocityWindow::Charge& charge);
  void give_back(u32 slot, const VelocityWindow::Charge& charge, u64 now);

  void add_effect(u32 virtual_slot, const Effect& effect);

  // Takes back the changes down to where a scope began, and ends the scope.
  void roll_back(usize scope);

  Tables& tables;
  BalanceBook balances;
  HoldBook holds;
  LimitBook limits;
  UpdateBook updates;
  UndoLog undo;
  BooksCut cut;            // What a cut has to copy before it changes.
  Block* block = nullptr;  // The one that effects go to.

  u64 accounts_count = 0;   // Created.
  u64 transfers_count = 0;  // Ids created or consumed.
  u64 transfers_created = 0;
  u64 last_account_timestamp = 0;  // The largest stored, as is the next.
  u64 last_transfer_timestamp = 0;
  u64 last_time = 0;  // When the last logged event was decided.

  // Which of the transfers and consumed ids are in memory: those from these numbers on, and some
  // older ones that were passed over when they were about to leave (TransferMark::passed_over),
  // since their hold is open or something happened to them lately.
  u64 first_created = 0;
  u64 first_consumed = 0;
  u64 kept_count = 0;        // How many of the older ones there are.
  u128 retired_digest = 0;   // Of those not in memory, added up.
  u64 retired_position = 0;  // They were decided, and last changed, at or before this.
  MemoryWindow window;
  u64 in_memory() const {
    const u64 consumed = transfers_count - transfers_created;
    return transfers_created - first_created + consumed - first_consumed + kept_count;
  }

 private:
  void remember_balances(u32 slot);
  void remember_timestamps();
  struct Undoer;
};

// Reads the balances only where they may be wanted again.
inline void Books::remember_balances(u32 slot) {
  if (undo.active()) [[unlikely]]
    undo.add(undo::Counters{slot, balances.all(slot)});
}

inline void Books::add_to_balance(u32 slot, Counter counter, u128 amount) {
  remember_balances(slot);
  balances.set(slot, counter, balances.get(slot, counter) + amount);
}

inline void Books::release_balance(u32 slot, Counter pending, Counter posted, u128 released,
                                   u128 captured) {
  remember_balances(slot);
  balances.set(slot, pending, balances.get(slot, pending) - released);
  balances.set(slot, posted, balances.get(slot, posted) + captured);
}

inline void Books::add_effect(u32 virtual_slot, const Effect& effect) {
  const u32 lists = block->effect_lists();
  const u32 list = lists == 1 ? 0 : partition_of(virtual_slot, lists);
  block->effects(list).push_back(effect);
  undo.add(undo::Effect{list});
}

inline void Books::remember_timestamps() {
  undo.add(undo::LastTimestamps{last_account_timestamp, last_transfer_timestamp});
}

inline void Books::add_transfer(u32 slot, ledger::TransferOutcome outcome, u64 timestamp) {
  u8& state = tables.transfer_states[slot];
  CHECK(state == 0);
  state = static_cast<u8>(outcome);
  ++transfers_count;
  const bool created = outcome == ledger::TransferOutcome::Created;
  if (!created) tables.transfers_failed[transfers_count - transfers_created - 1] = slot;
  if (created) {
    remember_timestamps();
    tables.transfers_by_creation[transfers_created] = slot;
    ++transfers_created;
    last_transfer_timestamp = timestamp;
  }
  undo.add(undo::NewTransfer{slot, created});
}

}  // namespace florin::engine
