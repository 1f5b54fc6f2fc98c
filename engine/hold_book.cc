#include "engine/hold_book.h"

#include "base/check.h"

namespace florin::engine {

using ledger::PendingStatus;

u32 HoldBook::take_number() {
  if (free_.empty()) return numbers_used_++;
  const u32 number = free_.back();
  free_.pop_back();
  return number;
}

u32 HoldBook::open(const HoldState& state) {
  const u32 number = take_number();
  hold(number) = state;
  TransferMark& transfer = mark(state.transfer);
  CHECK(transfer.hold == 0);
  transfer.hold = number + 1;
  transfer.pending_status = PendingStatus::Pending;
  tables_.marked_chunks[state.transfer / kSlotChunk] = 1;
  if (state.deadline != 0) queue_.add(number);
  return number;
}

void HoldBook::close(u32 number, PendingStatus status) {
  const HoldState& state = hold(number);
  TransferMark& transfer = mark(state.transfer);
  CHECK(transfer.hold == number + 1);
  if (state.deadline != 0) queue_.remove(number);
  transfer.hold = 0;
  transfer.pending_status = status;
  free_.push_back(number);
}

void HoldBook::undo_open(u32 number) {
  const HoldState& state = hold(number);
  if (state.deadline != 0) queue_.remove(number);
  mark(state.transfer) = TransferMark{};
  free_.push_back(number);
}

void HoldBook::undo_close(u32 number, const HoldState& before) {
  CHECK(take_number() == number);
  hold(number) = before;
  TransferMark& transfer = mark(before.transfer);
  transfer.hold = number + 1;
  transfer.pending_status = PendingStatus::Pending;
  if (before.deadline != 0) queue_.add(number);
}

}  // namespace florin::engine
