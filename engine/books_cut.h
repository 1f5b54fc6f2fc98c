// The copying of what the authoriser knows and changes out of a cut: limits and their windows,
// holds, marks, and transfers that were passed over when older ones left memory; and of what it
// only ever adds to: the audit of updates, their ids, creations.
#pragma once

#include "engine/copied_bits.h"
#include "engine/cut_output.h"
#include "engine/cut_scope.h"
#include "engine/hold_book.h"
#include "engine/limit_book.h"
#include "engine/planted.h"
#include "engine/tables.h"
#include "engine/update_book.h"

namespace florin::engine {

// Belongs to the authorising thread. The functions `before_…` come before a change, and copy what
// is still to be copied; without a cut they cost a comparison.
class BooksCut {
 public:
  BooksCut(Tables& tables, HoldBook& holds, LimitBook& limits, UpdateBook& updates)
      : tables_(tables), holds_(holds), limits_(limits), updates_(updates) {}

  Status reserve();

  void before_mark(u32 transfer) {
    if (!planted(Defect::CutForgetsMark) && marks_.claim_before_change(transfer)) [[unlikely]]
      save_slot(transfer);
  }
  void before_hold(u32 number) {
    if (open_.claim_before_change(number) && !planted(Defect::CutForgetsHold)) [[unlikely]]
      save_hold(number);
  }
  void before_limits(u32 account) {
    // An account that has none has the number ~0.
    if (limited_.claim_before_change(u64{tables_.account_limits[account]} - 1)) [[unlikely]]
      save_limits(tables_.account_limits[account] - 1);
  }
  void before_window(u32 account) {
    if (!planted(Defect::CutForgetsWindow)) before_limits(account);
  }

  // Before a transfer or a failed id is passed over in the list of its order, and before it leaves
  // memory: one that had been passed over before the cut is copied now, and what its mark tells.
  void before_leaving(u32 slot) {
    if (marks_.claim_before_change(slot) && !planted(Defect::CutForgetsLeaving)) [[unlikely]]
      save_slot(slot);
  }
  // Before one that had left is taken in again, into a slot that was free: it is not in the cut.
  void before_return(u32 slot) {
    if (!planted(Defect::CutTakesReturned)) marks_.claim_before_change(slot);
  }

  // Sees a cut that was begun since. Before a block is authorised, and before anything leaves.
  void follow(CutScope& scope) {
    const u32 cut = scope.current();
    if (cut != 0 && cut != joined_) [[unlikely]]
      join(scope, cut);
  }
  // Returns how many bytes it copied or looked at.
  usize copy(CutScope& scope, u64 bytes_max);
  // Nobody copies, and no block is in flight.
  void abandon();

 private:
  // In this order they are copied.
  enum class Phase : u8 { Limits, Holds, Marks, Changes, UpdateIds, Creations, Done };
  // What one step did: bytes copied or looked at; 0 = there is no buffer.
  using Step = usize;

  void join(CutScope& scope, u32 cut);
  Step step();
  Step step_limits();
  Step step_holds();
  Step step_marks();
  Step step_changes();
  Step step_update_ids();
  Step step_creations();
  void end_phase();
  void hand_over_all();

  void save_slot(u32 slot);
  void save_hold(u32 number);
  void save_limits(u32 number);
  // Adds what is to be told of the slot, and returns how many bytes that is.
  usize add_slot(u32 slot);
  usize add_marked(u32 slot);
  usize add_kept(u32 slot);
  void add_mark(u32 transfer);
  void add_hold(u32 number);
  void add_limits(u32 number);
  CutOutput& slot_output(u32 slot);
  // Whether there is anything to be told of the slot at all.
  bool is_told(u32 slot) const;
  bool has_mark(u32 transfer) const;
  bool is_created(u32 slot) const;

  Tables& tables_;
  HoldBook& holds_;
  LimitBook& limits_;
  UpdateBook& updates_;

  u32 joined_ = 0;    // The last cut that was seen, ...
  u32 finished_ = 0;  // ... and the last that is done.
  Phase phase_ = Phase::Done;
  u64 last_transfer_timestamp_ = 0;  // At the cut, as are the next.
  u64 changes_ = 0;
  u64 update_ids_ = 0;
  u64 creations_ = 0;
  u64 next_ = 0;  // Of what is only added to.

  CopyProgress limited_;  // By number of limits.
  CopyProgress open_;     // By number of holds.
  CopyProgress marks_;    // By slot of transfers: marks, and what was passed over.
  CutOutput limits_out_{CutKind::Limits};
  CutOutput windows_out_{CutKind::VelocityWindows};
  CutOutput holds_out_{CutKind::Holds};
  CutOutput marks_out_{CutKind::Marks};
  CutOutput kept_out_{CutKind::KeptTransfers};
  CutOutput kept_ids_out_{CutKind::KeptIds};
  CutOutput changes_out_{CutKind::AccountChanges};
  CutOutput update_ids_out_{CutKind::UpdateIds};
  CutOutput creations_out_{CutKind::Creations};
};

}  // namespace florin::engine
