// The open holds, their deadlines, and the marks of all transfers.
#pragma once

#include <vector>

#include "engine/deadline_queue.h"
#include "engine/hold_state.h"
#include "engine/tables.h"

namespace florin::engine {

// Belongs to the authorising thread. Holds have numbers of their own, used again when they close;
// the undoing of a change must come in the reverse order of the changes.
class HoldBook {
 public:
  explicit HoldBook(Tables& tables) : tables_(tables), queue_(tables.holds) {}

  const TransferMark& mark(u32 transfer) const { return tables_.transfer_marks[transfer]; }
  TransferMark& mark(u32 transfer) { return tables_.transfer_marks[transfer]; }
  HoldState& hold(u32 number) { return tables_.holds[number]; }
  const HoldState& hold(u32 number) const { return tables_.holds[number]; }

  // Returns the number of the new hold; its transfer is pending from now on.
  u32 open(const HoldState& hold);
  // Closes the hold; its state can be read until the next one is opened.
  void close(u32 number, ledger::PendingStatus status);

  // The deadline that comes first, or kNoDeadline; and the hold that has it.
  u64 next_deadline() const { return queue_.soonest(); }
  u32 first_due() const { return queue_.first(); }

  void undo_open(u32 number);
  void undo_close(u32 number, const HoldState& before);

  u64 open_count() const { return numbers_used_ - free_.size(); }
  // All numbers below this may be open; and the one that the next hold gets.
  u32 numbers_used() const { return numbers_used_; }
  u32 next_number() const { return free_.empty() ? numbers_used_ : free_.back(); }
  bool is_open(u32 number) const { return mark(hold(number).transfer).hold == number + 1; }
  // Calls visit(hold) for every open hold, in no particular order.
  template <class Visit>
  void for_each_open(Visit&& visit) const {
    for (u32 number = 0; number < numbers_used_; ++number) {
      if (is_open(number)) visit(hold(number));
    }
  }

 private:
  u32 take_number();

  Tables& tables_;
  DeadlineQueue queue_;
  std::vector<u32> free_;
  u32 numbers_used_ = 0;
};

}  // namespace florin::engine
