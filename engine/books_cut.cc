#include "engine/books_cut.h"

#include <algorithm>

#include "base/check.h"
#include "engine/transfer_cut.h"

namespace florin::engine {

using ledger::PendingStatus;

namespace {

// Marks are 8 bytes each, one after the other.
constexpr u64 kMarksPerStep = 256;

}  // namespace

Status BooksCut::reserve() {
  RETURN_IF_ERROR(limited_.reserve(tables_.accounts.size()));
  RETURN_IF_ERROR(open_.reserve(tables_.holds.size()));
  return marks_.reserve(tables_.transfers.size());
}

void BooksCut::join(CutScope& scope, u32 cut) {
  joined_ = cut;
  phase_ = Phase::Limits;
  last_transfer_timestamp_ = scope.last_transfer_timestamp;
  changes_ = updates_.changes().size();
  update_ids_ = updates_.consumed().size();
  creations_ = updates_.created_with().size();
  next_ = 0;
  limited_.begin(limits_.count(), cut);
  open_.begin(holds_.numbers_used(), cut);
  marks_.begin(tables_.transfer_source.leased(), cut);
  for (CutOutput* output : {&limits_out_, &windows_out_, &holds_out_, &marks_out_, &kept_out_,
                            &kept_ids_out_, &changes_out_, &update_ids_out_, &creations_out_}) {
    output->begin(*scope.buffers);
  }
}

usize BooksCut::copy(CutScope& scope, u64 bytes_max) {
  const u32 cut = scope.current();
  if (cut == 0 || finished_ == cut) return 0;
  if (joined_ != cut) join(scope, cut);
  usize bytes = 0;
  while (bytes < bytes_max && phase_ != Phase::Done) {
    const Step done = step();
    if (done == 0) {
      hand_over_all();  // Who waits must not keep what others wait for.
      return bytes;
    }
    bytes += done;
  }
  if (phase_ == Phase::Done) {
    finished_ = cut;
    scope.part_done();
  }
  return bytes;
}

void BooksCut::hand_over_all() {
  for (CutOutput* output :
       {&limits_out_, &windows_out_, &holds_out_, &marks_out_, &kept_out_, &kept_ids_out_}) {
    output->hand_over();
  }
}

BooksCut::Step BooksCut::step() {
  switch (phase_) {
    case Phase::Limits: return step_limits();
    case Phase::Holds: return step_holds();
    case Phase::Marks: return step_marks();
    case Phase::Changes: return step_changes();
    case Phase::UpdateIds: return step_update_ids();
    case Phase::Creations: return step_creations();
    case Phase::Done: break;
  }
  return 0;
}

// What was copied before a change goes out with the rest: from now on there is none.
void BooksCut::end_phase() {
  switch (phase_) {
    case Phase::Limits:
      limits_out_.hand_over();
      windows_out_.hand_over();
      break;
    case Phase::Holds: holds_out_.hand_over(); break;
    case Phase::Marks:
      marks_out_.hand_over();
      kept_out_.hand_over();
      kept_ids_out_.hand_over();
      break;
    case Phase::Changes: changes_out_.hand_over(); break;
    case Phase::UpdateIds: update_ids_out_.hand_over(); break;
    case Phase::Creations: creations_out_.hand_over(); break;
    case Phase::Done: break;
  }
  phase_ = static_cast<Phase>(static_cast<u8>(phase_) + 1);
  next_ = 0;
}

BooksCut::Step BooksCut::step_limits() {
  if (limited_.done()) {
    end_phase();
    return kBytesPerLook;
  }
  if (!limits_out_.has_room()) return 0;
  windows_out_.make_room();
  const auto number = static_cast<u32>(limited_.next());
  if (!limited_.take_next()) return kBytesPerLook;
  add_limits(number);
  return sizeof(CutLimit) + sizeof(CutWindow);
}

BooksCut::Step BooksCut::step_holds() {
  if (open_.done()) {
    end_phase();
    return kBytesPerLook;
  }
  if (!holds_out_.has_room()) return 0;
  const auto number = static_cast<u32>(open_.next());
  if (!open_.take_next() || !holds_.is_open(number)) return kBytesPerLook;
  add_hold(number);
  return sizeof(CutHold);
}

// Most transfers have no mark, and most chunks of them none at all: those are not even read.
BooksCut::Step BooksCut::step_marks() {
  if (marks_.done()) {
    end_phase();
    return kBytesPerLook;
  }
  const u64 first = marks_.next();
  if (tables_.marked_chunks[first / kSlotChunk] == 0) {
    marks_.skip_to(round_up(first + 1, kSlotChunk));
    return kBytesPerLook;
  }
  usize bytes = 0;
  for (u64 looks = 0; looks < kMarksPerStep && !marks_.done(); ++looks) {
    const auto slot = static_cast<u32>(marks_.next());
    if (!is_told(slot)) {
      marks_.skip_to(u64{slot} + 1);
    } else {
      if (!slot_output(slot).has_room()) return bytes;
      if (marks_.take_next()) bytes += add_slot(slot);
    }
    bytes += sizeof(TransferMark);
  }
  return bytes;
}

BooksCut::Step BooksCut::step_changes() {
  if (next_ == changes_) {
    end_phase();
    return kBytesPerLook;
  }
  if (!changes_out_.has_room()) return 0;
  changes_out_.add(updates_.changes()[next_++]);
  return sizeof(ledger::AccountChange);
}

BooksCut::Step BooksCut::step_update_ids() {
  if (next_ == update_ids_) {
    end_phase();
    return kBytesPerLook;
  }
  if (!update_ids_out_.has_room()) return 0;
  const UpdateBook::Consumed& consumed = updates_.consumed()[next_++];
  CutUpdateId record{};
  record.id = consumed.id;
  record.outcome = static_cast<u8>(consumed.outcome);
  update_ids_out_.add(record);
  return sizeof(CutUpdateId);
}

BooksCut::Step BooksCut::step_creations() {
  if (next_ == creations_) {
    end_phase();
    return kBytesPerLook;
  }
  if (!creations_out_.has_room()) return 0;
  const u32 account = updates_.created_with()[next_++];
  const ledger::AccountCreation& creation = *updates_.creation(account);
  CutCreation record{};
  record.account_id = tables_.accounts[account].id;
  record.user_data_128 = creation.user_data_128;
  record.user_data_64 = creation.user_data_64;
  record.user_data_32 = creation.user_data_32;
  record.ledger = creation.ledger;
  record.code = creation.code;
  record.flags = creation.flags;
  creations_out_.add(record);
  return sizeof(CutCreation);
}

// The list that most of what is told of the slot goes to.
CutOutput& BooksCut::slot_output(u32 slot) {
  if (!holds_.mark(slot).passed_over) return marks_out_;
  return is_created(slot) ? kept_out_ : kept_ids_out_;
}

bool BooksCut::is_told(u32 slot) const { return holds_.mark(slot).passed_over || has_mark(slot); }

// Of what is open the hold tells.
bool BooksCut::has_mark(u32 transfer) const {
  const TransferMark& mark = holds_.mark(transfer);
  if (mark.reversed) return true;
  if (mark.pending_status == PendingStatus::Expired) return !planted(Defect::CutForgetsExpired);
  return mark.pending_status != PendingStatus::None &&
         mark.pending_status != PendingStatus::Pending;
}

usize BooksCut::add_slot(u32 slot) {
  return holds_.mark(slot).passed_over ? add_kept(slot) : add_marked(slot);
}

// The record of what has a mark is decided, and so it does not change any more.
usize BooksCut::add_marked(u32 slot) {
  if (tables_.transfers[slot].timestamp > last_transfer_timestamp_) return 0;
  marks_out_.make_room();
  add_mark(slot);
  return sizeof(CutMark);
}

// What was passed over since the cut was claimed before, and so was what was taken in again: what
// is passed over here was so at the cut.
usize BooksCut::add_kept(u32 slot) {
  if (planted(Defect::CutForgetsKept)) return 0;
  CutOutput& output = slot_output(slot);
  output.make_room();
  if (is_created(slot)) {
    output.add(cut_transfer(tables_, slot));
  } else {
    output.add(cut_failed_id(tables_, slot));
  }
  return sizeof(CutTransfer) + (has_mark(slot) ? add_marked(slot) : 0);
}

bool BooksCut::is_created(u32 slot) const {
  return (tables_.transfer_states[slot] & TransferState::kOutcomeBits) == ledger::kCreated;
}

void BooksCut::add_mark(u32 transfer) {
  const TransferMark& mark = holds_.mark(transfer);
  CutMark record{};
  record.transfer_id = tables_.transfers[transfer].id;
  record.pending_status = static_cast<u8>(mark.pending_status);
  record.reversed = mark.reversed ? 1 : 0;
  marks_out_.add(record);
}

void BooksCut::add_hold(u32 number) {
  const HoldState& hold = holds_.hold(number);
  CutHold record{};
  record.transfer_id = tables_.transfers[hold.transfer].id;
  record.remaining = hold.remaining;
  record.timestamp = hold.timestamp;
  record.charged = hold.charged ? 1 : 0;
  record.captured = hold.captured ? 1 : 0;
  holds_out_.add(record);
}

void BooksCut::add_limits(u32 number) {
  const AccountLimitState& limits = limits_.at(number);
  CutLimit record{};
  record.account_id = tables_.accounts[limits.account].id;
  record.overdraft = limits.overdraft;
  record.balance = limits.balance;
  record.transfer = limits.transfer;
  record.velocity_sum = limits.velocity_sum;
  record.velocity_count = limits.velocity_count;
  record.set = limits.set;
  record.timestamp = limits.timestamp;
  record.has_window = limits.velocity != 0 ? 1 : 0;
  limits_out_.add(record);
  if (limits.velocity == 0) return;
  const VelocityWindow& window = limits_.window(limits.velocity);
  CutWindow content{};
  content.account_id = record.account_id;
  window.copy_to(content);
  windows_out_.add(content);
}

// Of most marks that change there is nothing to be told yet.
void BooksCut::save_slot(u32 slot) {
  if (is_told(slot)) add_slot(slot);
}

void BooksCut::save_hold(u32 number) {
  if (!holds_.is_open(number)) return;
  holds_out_.make_room();
  add_hold(number);
}

void BooksCut::save_limits(u32 number) {
  if (planted(Defect::CutForgetsLimits)) return;
  limits_out_.make_room();
  windows_out_.make_room();
  add_limits(number);
}

void BooksCut::abandon() {
  limited_.stop();
  open_.stop();
  marks_.stop();
  for (CutOutput* output : {&limits_out_, &windows_out_, &holds_out_, &marks_out_, &kept_out_,
                            &kept_ids_out_, &changes_out_, &update_ids_out_, &creations_out_}) {
    output->drop();
  }
  phase_ = Phase::Done;
  finished_ = joined_;
}

}  // namespace florin::engine
