// Each change, and beside it what takes it back.
#include "engine/books.h"

#include <utility>

#include "base/check.h"
#include "engine/planted.h"
#include "engine/transfer_digest.h"

namespace florin::engine {

using ledger::PendingStatus;
using ledger::TransferOutcome;

void Books::change_status(u32 slot, u16 set, u16 clear) {
  u16& status = account(slot).status;
  const u16 before = status;
  status = static_cast<u16>((status & ~clear) | set);
  undo.add(undo::Status{slot, static_cast<u16>(set | clear), before});
}

void Books::add_account(u32 slot, const AccountState& state, u64 timestamp) {
  remember_timestamps();
  account(slot) = state;
  tables.account_timestamps[slot] = timestamp;
  tables.accounts_by_creation[accounts_count] = slot;
  ++accounts_count;
  last_account_timestamp = timestamp;
  undo.add(undo::NewAccount{slot});
}

void Books::mark_reversed(u32 slot) {
  cut.before_mark(slot);
  undo.add(undo::Mark{slot});
  holds.mark(slot).reversed = true;
  tables.marked_chunks[slot / kSlotChunk] = 1;
  note_change(slot);
}

void Books::note_change(u32 slot) {
  if (!window.follows_history || planted(Defect::WindowForgetsChange)) return;
  u16& changes = holds.mark(slot).changes;
  ++changes;
  CHECK(changes != 0);
  window.changes.push_back({slot, window.position});
}

// At position 0, which history is never behind; so it stands before all that are at others.
void Books::note_return(u32 slot) {
  if (!window.follows_history || planted(Defect::WindowForgetsChange)) return;
  ++holds.mark(slot).changes;
  window.changes.push_front({slot, 0});
}

void Books::drop_change(u32 slot) {
  if (!window.follows_history || planted(Defect::WindowForgetsChange)) return;
  CHECK(!window.changes.empty() && window.changes.back().slot == slot);
  window.changes.pop_back();
  --holds.mark(slot).changes;
}

void Books::take_back(const Revived& revived) {
  const u32 slot = revived.slot;
  const u8 outcome = revived.state & TransferState::kOutcomeBits;
  const bool created = outcome == ledger::kCreated;
  // What is open never left; and what has not left cannot come back.
  CHECK(revived.pending_status != PendingStatus::Pending);
  CHECK(revived.number < (created ? first_created : first_consumed));
  CHECK(outcome != 0 && tables.transfer_states[slot] == 0);
  cut.before_return(slot);
  tables.transfer_states[slot] = revived.state;
  TransferMark& mark = holds.mark(slot);
  mark = TransferMark{};
  if (!planted(Defect::WindowRevivesUnmarked)) {
    mark.pending_status = revived.pending_status;
    mark.reversed = revived.reversed;
  }
  mark.passed_over = true;
  tables.marked_chunks[slot / kSlotChunk] = 1;
  ++kept_count;
  retired_digest -= transfer_digest(*this, slot);
  note_return(slot);
}

u32 Books::open_hold(const HoldState& hold) {
  cut.before_hold(holds.next_number());
  const u32 number = holds.open(hold);
  undo.add(undo::OpenedHold{number});
  return number;
}

void Books::close_hold(u32 number, PendingStatus status) {
  cut.before_hold(number);
  cut.before_mark(holds.hold(number).transfer);
  undo.add(undo::ClosedHold{number, holds.hold(number)});
  holds.close(number, status);
  note_change(holds.hold(number).transfer);
}

void Books::capture_hold(u32 number, u128 amount) {
  cut.before_hold(number);
  HoldState& hold = holds.hold(number);
  undo.add(undo::CapturedHold{number, hold});
  hold.remaining -= amount;
  hold.captured = hold.captured || amount != 0;
}

void Books::charge(u32 slot, const VelocityWindow::Charge& charge) {
  cut.before_window(slot);
  limits.velocity(slot).charge(charge);
  undo.add(undo::Charged{slot, charge});
}

void Books::give_back(u32 slot, const VelocityWindow::Charge& charge, u64 now) {
  cut.before_window(slot);
  limits.velocity(slot).give_back(charge, now);
  undo.add(undo::GaveBack{slot, charge});
}

struct Books::Undoer {
  Books& books;

  void operator()(const undo::Counters& change) const {
    books.balances.set_all(change.account, change.before);
  }
  void operator()(const undo::NewAccount& change) const {
    books.account(change.account) = AccountState{};
    --books.accounts_count;
  }
  void operator()(const undo::NewTransfer& change) const {
    books.tables.transfer_states[change.transfer] = 0;
    --books.transfers_count;
    if (change.created && !planted(Defect::UndoKeepsCreationNumber)) --books.transfers_created;
  }
  void operator()(const undo::Mark& change) const {
    books.holds.mark(change.transfer).reversed = false;
    books.drop_change(change.transfer);
  }
  void operator()(const undo::OpenedHold& change) const { books.holds.undo_open(change.number); }
  void operator()(const undo::CapturedHold& change) const {
    // Its place in the queue may be another by now.
    HoldState& hold = books.holds.hold(change.number);
    hold.remaining = change.before.remaining;
    hold.captured = change.before.captured;
  }
  void operator()(const undo::ClosedHold& change) const {
    const PendingStatus status = books.holds.mark(change.before.transfer).pending_status;
    if (status == PendingStatus::Expired) books.block->expiries.pop_back();
    books.drop_change(change.before.transfer);
    books.holds.undo_close(change.number, change.before);
  }
  void operator()(const undo::Status& change) const {
    u16& status = books.account(change.account).status;
    status = static_cast<u16>((status & ~change.bits) | (change.before & change.bits));
    const bool changed_first = (change.bits & ~change.before & AccountState::kChanged) != 0;
    if (changed_first) books.updates.drop_creation(change.account);
  }
  void operator()(const undo::LastTimestamps& change) const {
    books.last_account_timestamp = change.account;
    books.last_transfer_timestamp = change.transfer;
  }
  void operator()(const undo::Charged& change) const {
    books.limits.velocity(change.account).give_back(change.charge, change.charge.at);
  }
  void operator()(const undo::GaveBack& change) const {
    books.limits.velocity(change.account).charge_again(change.charge);
  }
  void operator()(const undo::Limits& change) const { books.limits.restore(*change.before); }
  void operator()(const undo::NewUpdate& change) const { books.updates.undo(change.id); }
  void operator()(const undo::Effect& change) const {
    books.block->effects(change.list).pop_back();
  }
};

void Books::roll_back(usize scope) {
  static_assert(std::variant_size_v<UndoEntry> ==
                static_cast<usize>(Defect::UndoKeepsCreationNumber));
  while (undo.size() > scope) {
    const UndoEntry entry = undo.take_newest();
    if (!planted(static_cast<Defect>(entry.index()))) std::visit(Undoer{*this}, entry);
  }
  undo.end();
}

}  // namespace florin::engine
