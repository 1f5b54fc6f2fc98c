// The third phase: what the authoriser knows.
#include <string>

#include "base/int128.h"
#include "engine/cut_reading.h"
#include "engine/planted.h"
#include "engine/state_loader.h"

namespace florin::engine {

using ledger::AccountLimits;
using ledger::PendingStatus;
using ledger::Transfer;
using ledger::UpdateOutcome;
namespace transfer_flags = ledger::transfer_flags;

namespace {

tl::unexpected<Error> cannot_be(const char* what, u128 id) {
  return fail_cut(std::string(what) + " " + to_decimal(id) + " cannot be");
}

// A limit that is not set has the value that refuses nothing.
bool is_limit(const CutLimit& record) {
  constexpr u32 kAllLimits = AccountLimits::kOverdraft | AccountLimits::kBalance |
                             AccountLimits::kTransfer | AccountLimits::kVelocity;
  const AccountLimitState none;
  const auto set = [&](u32 bit) { return (record.set & bit) != 0; };
  const bool velocity = set(AccountLimits::kVelocity);
  return (record.set & ~kAllLimits) == 0 && record.has_window <= 1 &&
         (set(AccountLimits::kOverdraft) || record.overdraft == none.overdraft) &&
         (set(AccountLimits::kBalance) || record.balance == none.balance) &&
         (set(AccountLimits::kTransfer) || record.transfer == none.transfer) &&
         (velocity || (record.velocity_sum == none.velocity_sum &&
                       record.velocity_count == none.velocity_count)) &&
         (!velocity || record.has_window == 1);
}

bool is_window(const CutWindow& record) {
  return record.window_seconds >= ledger::kVelocityWindowMin &&
         record.window_seconds <= ledger::kVelocityWindowMax;
}

}  // namespace

Status StateLoader::load_books(const CutBuffer& buffer) {
  RETURN_IF_ERROR(check_buffer(buffer));
  const auto kind = static_cast<usize>(buffer.kind);
  const bool ordered = buffer.kind == CutKind::AccountChanges;
  if (ordered && buffer.first_number != loaded_[kind]) {
    return fail_cut("updates of accounts are missing from number " + std::to_string(loaded_[kind]) +
                    " on");
  }
  if (buffer.records > summary_.records[kind] - loaded_[kind]) {
    return fail_cut("there are more records of the kind " + std::to_string(kind) +
                    " than there should be");
  }
  loaded_[kind] += buffer.records;
  const auto each = [&]<class Record>(Status (StateLoader::*load)(const Record&)) {
    return for_each_record<Record>(buffer,
                                   [&](const Record& record) { return (this->*load)(record); });
  };
  switch (buffer.kind) {
    case CutKind::Marks: return each(&StateLoader::load_mark);
    case CutKind::Holds: return each(&StateLoader::load_hold);
    case CutKind::Limits: return each(&StateLoader::load_limit);
    case CutKind::VelocityWindows: return each(&StateLoader::load_window);
    case CutKind::AccountChanges: return each(&StateLoader::load_change);
    case CutKind::UpdateIds: return each(&StateLoader::load_update_id);
    case CutKind::Creations: return each(&StateLoader::load_creation);
    case CutKind::Counters: return each(&StateLoader::load_counters);
    case CutKind::Accounts:
    case CutKind::Transfers:
    case CutKind::FailedIds:
    case CutKind::KeptTransfers:
    case CutKind::KeptIds: break;
  }
  CHECK(false);  // It belongs to another phase.
  return {};
}

u32 StateLoader::find_created(u128 id) const {
  const u32 slot = tables_.find_transfer(tables_.seed.hash(id), id);
  return books_.transfer_exists(slot) ? slot : kNoSlot;
}

Status StateLoader::load_mark(const CutMark& record) {
  const u32 transfer = find_created(record.transfer_id);
  const auto status = static_cast<PendingStatus>(record.pending_status);
  const bool closed = status == PendingStatus::Posted || status == PendingStatus::Voided ||
                      status == PendingStatus::Expired;
  if (transfer == kNoSlot || record.reversed > 1 ||
      (!closed && (status != PendingStatus::None || record.reversed == 0))) {
    return cannot_be("the mark of the transfer", record.transfer_id);
  }
  TransferMark& mark = books_.holds.mark(transfer);
  const bool pending = (tables_.transfers[transfer].flags & transfer_flags::kPending) != 0;
  if (mark.pending_status != PendingStatus::None || mark.reversed || pending != closed) {
    return cannot_be("the mark of the transfer", record.transfer_id);
  }
  if (closed) ++marks_closed_;
  marks_reversed_ += record.reversed;
  mark.pending_status = status;
  mark.reversed = record.reversed != 0 && !planted(Defect::LoadForgetsReversed);
  tables_.marked_chunks[transfer / kSlotChunk] = 1;
  return {};
}

Status StateLoader::load_hold(const CutHold& record) {
  const u32 transfer = find_created(record.transfer_id);
  if (transfer == kNoSlot) return cannot_be("the hold of the transfer", record.transfer_id);
  const Transfer& pending = tables_.transfers[transfer];
  u128 deadline = 0;
  if (pending.timeout != 0) deadline = hold_deadline(record.timestamp, pending.timeout);
  const bool marked = books_.holds.mark(transfer).pending_status != PendingStatus::None;
  if (marked || (pending.flags & transfer_flags::kPending) == 0 || record.charged > 1 ||
      record.captured > 1 || record.remaining > pending.amount || deadline >= kNoDeadline) {
    return cannot_be("the hold of the transfer", record.transfer_id);
  }
  saw_time(record.timestamp);
  return open_hold(record, transfer,
                   planted(Defect::LoadLosesDeadlines) ? 0 : static_cast<u64>(deadline));
}

Status StateLoader::open_hold(const CutHold& record, u32 transfer, u64 deadline) {
  const Transfer& pending = tables_.transfers[transfer];
  HoldState hold{};
  hold.remaining = record.remaining;
  hold.deadline = deadline;
  hold.timestamp = record.timestamp;
  hold.debit_account = find_account(pending.debit_account_id);
  hold.credit_account = find_account(pending.credit_account_id);
  hold.transfer = transfer;
  hold.debit_virtual_slot = static_cast<u16>(virtual_slot(pending.debit_account_id));
  hold.credit_virtual_slot = static_cast<u16>(virtual_slot(pending.credit_account_id));
  hold.flags = pending.flags;
  hold.charged = record.charged != 0 && !planted(Defect::LoadForgetsCharged);
  hold.captured = record.captured != 0;
  if (hold.debit_account == kNoSlot || hold.credit_account == kNoSlot ||
      hold.debit_account == hold.credit_account ||
      tables_.accounts[hold.debit_account].ledger != pending.ledger ||
      tables_.accounts[hold.credit_account].ledger != pending.ledger) {
    return cannot_be("the hold of the transfer", record.transfer_id);
  }
  books_.holds.open(hold);
  return {};
}

Status StateLoader::load_limit(const CutLimit& record) {
  const u32 account = find_account(record.account_id);
  if (account == kNoSlot || tables_.account_limits[account] != 0 || !is_limit(record)) {
    return cannot_be("the limits of the account", record.account_id);
  }
  AccountLimitState limits;
  limits.overdraft = record.overdraft;
  limits.balance = record.balance;
  limits.transfer = record.transfer;
  limits.velocity_sum = record.velocity_sum;
  limits.velocity_count = record.velocity_count;
  limits.set = record.set;
  limits.timestamp = record.timestamp;
  limits.velocity = record.has_window;
  saw_time(record.timestamp);
  windows_named_ += record.has_window;
  books_.limits.load(account, limits);
  return {};
}

Status StateLoader::load_window(const CutWindow& record) {
  const u32 account = find_account(record.account_id);
  const bool named = account != kNoSlot && tables_.account_limits[account] != 0 &&
                     books_.limits.at(tables_.account_limits[account] - 1).velocity != 0;
  if (!named || !is_window(record)) {
    return cannot_be("the velocity limit of the account", record.account_id);
  }
  VelocityWindow& window = books_.limits.velocity(account);
  if (window.window_seconds() != 0) {
    return cannot_be("the velocity limit of the account", record.account_id);
  }
  window = VelocityWindow::of(record);
  saw_time(record.since);
  saw_time(u128{record.newest} * record.window_seconds * (kNsPerSecond / ledger::kVelocityBuckets));
  return {};
}

Status StateLoader::load_change(const ledger::AccountChange& record) {
  const u128 id = record.update.id;
  const auto& changes = books_.updates.changes();
  const u64 last = changes.empty() ? 0 : changes.back().update.timestamp;
  if (!is_id(id) || books_.updates.outcome(id) != UpdateOutcome::Undecided ||
      record.update.timestamp <= last || record.update.reason_length > ledger::kReasonBytesMax ||
      find_account(record.update.account_id) == kNoSlot) {
    return cannot_be("the update", id);
  }
  saw_time(record.update.timestamp);
  books_.updates.add(record);
  return {};
}

Status StateLoader::load_update_id(const CutUpdateId& record) {
  const auto outcome = ledger::update_outcome(record.outcome);
  if (!is_id(record.id) || !outcome || !ledger::is_transient(*outcome) ||
      books_.updates.outcome(record.id) != UpdateOutcome::Undecided) {
    return cannot_be("the failed update", record.id);
  }
  books_.updates.consume(record.id, *outcome);
  return {};
}

Status StateLoader::load_creation(const CutCreation& record) {
  const u32 account = find_account(record.account_id);
  if (account == kNoSlot || books_.updates.creation(account) != nullptr) {
    return cannot_be("the creation of the account", record.account_id);
  }
  books_.updates.keep_creation(
      account, {record.user_data_128, record.user_data_64, record.user_data_32, record.ledger,
                record.code, record.flags});
  if (!planted(Defect::LoadForgetsChanged)) {
    books_.account(account).status |= AccountState::kChanged;
  }
  return {};
}

Status StateLoader::load_counters(const CutCounters& record) {
  counters_ = record;
  return {};
}

}  // namespace florin::engine
