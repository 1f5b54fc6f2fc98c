// The changes that an event makes once its checks have passed.
#include "engine/transfer_rules.h"

#include "base/check.h"
#include "engine/planted.h"
#include "ledger/validation.h"

namespace florin::engine {

using ledger::kAmountMax;
using ledger::PendingStatus;
using ledger::Transfer;
using ledger::TransferOutcome;
namespace transfer_flags = ledger::transfer_flags;

namespace {

u128& counter(Balances& balances, Counter counter) { return balances[static_cast<usize>(counter)]; }

ledger::TransferBalances balances_of(const Balances& debit, const Balances& credit) {
  return {debit[0], debit[1], debit[2], debit[3], credit[0], credit[1], credit[2], credit[3]};
}

}  // namespace

TransferOutcome TransferRules::decide(const Block& block, const TransferItem& item, bool in_chain) {
  const ItemWork& work = block.work[item.item];
  const auto shape = static_cast<TransferOutcome>(work.shape);
  if (shape != TransferOutcome::Undecided && ledger::precedes_exists(shape)) return shape;
  const TransferOutcome exists = existing(block, item.item);
  if (exists != TransferOutcome::Undecided) return exists;
  if (shape != TransferOutcome::Undecided) return shape;

  const Transfer& event = block.transfer(item.item);
  Actual actual{event.amount, nullptr, false};
  const bool resolves = (work.flags & transfer_flags::kResolves) != 0;
  const TransferOutcome outcome =
      resolves ? resolve(block, item, actual) : move(block, item, actual);
  if (outcome == TransferOutcome::Created) {
    books_.add_transfer(work.transfer, outcome,
                        stored_timestamp(event, item.imported, item.timestamp));
    store(block, item, actual);
  } else if (planted(Defect::FinalConsumesId) && !in_chain) {
    consume(block, item, outcome);
  } else if (!in_chain && ledger::is_transient(outcome) && !planted(Defect::TransientKeepsId)) {
    consume(block, item, outcome);
  }
  return outcome;
}

TransferOutcome TransferRules::existing(const Block& block, u32 item) const {
  const u32 slot = block.work[item].transfer;
  if (slot == kNoSlot || books_.tables.transfer_states[slot] == 0) [[likely]] {
    return TransferOutcome::Undecided;
  }
  if (!books_.transfer_exists(slot)) return TransferOutcome::IdAlreadyFailed;
  const Transfer& event = block.transfer(item);
  const Transfer* earlier = nullptr;
  if ((event.flags & transfer_flags::kResolves) != 0 &&
      books_.transfer_exists(block.earlier[item])) {
    if (!planted(Defect::ExistsWithoutInheritance)) {
      earlier = &books_.tables.transfers[block.earlier[item]];
    }
  }
  const bool took_all = (books_.tables.transfer_states[slot] & TransferState::kTookAll) != 0;
  return ledger::compare_with_existing(event, {books_.tables.transfers[slot], earlier, took_all});
}

void TransferRules::consume(const Block& block, const TransferItem& item, TransferOutcome outcome) {
  const Transfer& event = block.transfer(item.item);
  books_.add_transfer(block.work[item.item].transfer, outcome, 0);
  store(block, item, {event.amount, nullptr, false});
}

// The record of a reserved slot holds its event already. Otherwise it gets all but the id, which
// its owner may be reading and which is the same.
void TransferRules::store(const Block& block, const TransferItem& item, const Actual& actual) {
  const ItemWork& work = block.work[item.item];
  Transfer& record = books_.tables.transfers[work.transfer];
  if (!work.reserved) [[unlikely]] {
    const Transfer& event = block.transfer(item.item);
    record.debit_account_id = event.debit_account_id;
    record.credit_account_id = event.credit_account_id;
    record.pending_id = event.pending_id;
    record.user_data_128 = event.user_data_128;
    record.user_data_64 = event.user_data_64;
    record.user_data_32 = event.user_data_32;
    record.timeout = event.timeout;
    record.ledger = event.ledger;
    record.code = event.code;
    record.flags = event.flags;
    record.timestamp = stored_timestamp(event, item.imported, item.timestamp);
    record.amount = event.amount;
  }
  if (work.flags <= transfer_flags::kLinked) [[likely]]
    return;
  record.amount = actual.amount;
  if (actual.hold != nullptr || actual.amount != block.transfer(item.item).amount) {
    books_.block->derived.push_back(item.item);
  }
  if (actual.took_all && !planted(Defect::ExistsForgetsTookAll)) {
    books_.tables.transfer_states[work.transfer] |= TransferState::kTookAll;
  }
  if (actual.hold == nullptr) return;
  record.debit_account_id = actual.hold->debit_account_id;
  record.credit_account_id = actual.hold->credit_account_id;
  record.ledger = actual.hold->ledger;
  record.code = actual.hold->code;
  if (record.user_data_128 == 0) record.user_data_128 = actual.hold->user_data_128;
  if (record.user_data_64 == 0) record.user_data_64 = actual.hold->user_data_64;
  if (record.user_data_32 == 0) record.user_data_32 = actual.hold->user_data_32;
}

TransferOutcome TransferRules::move(const Block& block, const TransferItem& item, Actual& actual) {
  using enum TransferOutcome;
  const Transfer& event = block.transfer(item.item);
  const ItemWork& work = block.work[item.item];
  TransferOutcome outcome = check_accounts(work, event);
  if (outcome != Undecided) return outcome;
  if ((event.flags & transfer_flags::kReversal) != 0) {
    outcome = check_original(block, item.item, actual);
    if (outcome != Undecided) return outcome;
  }
  if (item.imported) {
    outcome = check_import(event, work.debit, work.credit);
    if (outcome != Undecided) return outcome;
  }
  outcome = check_closed(work.debit, work.credit);
  if (outcome != Undecided) return outcome;
  outcome = check_frozen(work.debit, work.credit);
  if (planted(Defect::FrozenPendingPassed) && (event.flags & transfer_flags::kPending) != 0) {
    outcome = Undecided;
  }
  if (outcome != Undecided) return outcome;

  if ((event.flags & transfer_flags::kBalancing) != 0) actual.amount = balanced_amount(event, work);
  Movement movement{event,
                    item,
                    work.debit,
                    work.credit,
                    books_.balances.all(work.debit),
                    books_.balances.all(work.credit)};
  outcome = check_overflow(movement, actual.amount);
  if (outcome != Undecided) return outcome;
  const bool pending = (event.flags & transfer_flags::kPending) != 0;
  const Counter debited = pending ? Counter::DebitsPending : Counter::DebitsPosted;
  const Counter credited = pending ? Counter::CreditsPending : Counter::CreditsPosted;
  counter(movement.debit, debited) += actual.amount;
  counter(movement.credit, credited) += actual.amount;
  outcome = check_limits(movement, actual.amount);
  if (outcome != Undecided) return outcome;
  outcome = check_conditions(movement);
  if (outcome != Undecided) return outcome;

  books_.add_to_balance(work.debit, debited, actual.amount);
  books_.add_to_balance(work.credit, credited, actual.amount);
  if (item.balances != nullptr) *item.balances = balances_of(movement.debit, movement.credit);
  const bool charged = charge(movement, actual.amount);
  if (pending) open_hold(block, movement, actual.amount, charged);
  if ((event.flags & transfer_flags::kReversal) != 0) {
    books_.mark_reversed(block.earlier[item.item]);
  }
  return Created;
}

bool TransferRules::charge(const Movement& movement, u128 amount) {
  if (movement.item.imported && !planted(Defect::ImportedCharged)) return false;
  if (!books_.limits.has_velocity(movement.debit_account)) return false;
  books_.charge(movement.debit_account, {movement.item.timestamp, amount, 1});
  return true;
}

void TransferRules::open_hold(const Block& block, const Movement& movement, u128 amount,
                              bool charged) {
  const Transfer& event = movement.event;
  HoldState hold{};
  hold.remaining = amount;
  hold.timestamp = movement.item.timestamp;
  if (event.timeout != 0) hold.deadline = low_half(hold_deadline(hold.timestamp, event.timeout));
  hold.debit_account = movement.debit_account;
  hold.credit_account = movement.credit_account;
  hold.transfer = block.work[movement.item.item].transfer;
  hold.debit_virtual_slot = static_cast<u16>(virtual_slot(event.debit_account_id));
  hold.credit_virtual_slot = static_cast<u16>(virtual_slot(event.credit_account_id));
  hold.flags = event.flags;
  hold.charged = charged;
  books_.open_hold(hold);
  if ((event.flags & transfer_flags::kClosingDebit) != 0) {
    books_.change_status(movement.debit_account, AccountState::kClosed, 0);
  }
  if ((event.flags & transfer_flags::kClosingCredit) != 0) {
    books_.change_status(movement.credit_account, AccountState::kClosed, 0);
  }
}

TransferOutcome TransferRules::resolve(const Block& block, const TransferItem& item,
                                       Actual& actual) {
  using enum TransferOutcome;
  const Transfer& event = block.transfer(item.item);
  const u32 pending = block.earlier[item.item];
  TransferOutcome outcome = check_hold(event, pending);
  if (outcome != Undecided) return outcome;

  const Transfer& original = books_.tables.transfers[pending];
  const u32 number = books_.holds.mark(pending).hold - 1;
  const HoldState& hold = books_.holds.hold(number);
  if (item.imported) {
    outcome = check_import(event, hold.debit_account, hold.credit_account);
    if (outcome != Undecided) return outcome;
  }
  const bool voids = (event.flags & transfer_flags::kVoidPendingTransfer) != 0;
  if (!voids && !planted(Defect::PostToClosedPassed)) {
    outcome = check_closed(hold.debit_account, hold.credit_account);
    if (outcome != Undecided) return outcome;
  }
  HoldPart part{number, 0, true, PendingStatus::Voided};
  if (!voids) {
    part.captured = event.amount == kAmountMax ? hold.remaining : event.amount;
    part.closes =
        (event.flags & transfer_flags::kCapturePartial) == 0 || part.captured == hold.remaining;
    if (planted(Defect::PartialCaptureCloses)) part.closes = true;
    if (planted(Defect::PartialCaptureNeverCloses)) {
      part.closes = (event.flags & transfer_flags::kCapturePartial) == 0;
    }
    part.status = PendingStatus::Posted;
  }
  if (!item.conditions.empty() || item.balances != nullptr) [[unlikely]] {
    const Movement movement = movement_of(event, item, part, hold);
    outcome = check_conditions(movement);
    if (outcome != Undecided) return outcome;
    if (item.balances != nullptr) *item.balances = balances_of(movement.debit, movement.credit);
  }
  actual = {voids ? original.amount : part.captured, &original,
            !voids && part.captured == hold.remaining};
  release(part, item.item, item.timestamp);
  return Created;
}

// The balances that resolving a part of a hold leads to.
TransferRules::Movement TransferRules::movement_of(const Transfer& event, const TransferItem& item,
                                                   const HoldPart& part,
                                                   const HoldState& hold) const {
  const u128 released = part.closes ? hold.remaining : part.captured;
  Movement movement{event,
                    item,
                    hold.debit_account,
                    hold.credit_account,
                    books_.balances.all(hold.debit_account),
                    books_.balances.all(hold.credit_account)};
  counter(movement.debit, Counter::DebitsPending) -= released;
  counter(movement.debit, Counter::DebitsPosted) += part.captured;
  counter(movement.credit, Counter::CreditsPending) -= released;
  counter(movement.credit, Counter::CreditsPosted) += part.captured;
  return movement;
}

void TransferRules::release(const HoldPart& part, u32 item, u64 now) {
  const HoldState hold = books_.holds.hold(part.number);
  u128 released = part.closes ? hold.remaining : part.captured;
  if (planted(Defect::RemainderKept) && part.status == PendingStatus::Posted) {
    released = part.captured;
  }
  Effect effect;
  effect.released = released;
  effect.posted = part.captured;
  effect.item = item;
  if (planted(Defect::EffectEarly) && item > 0) --effect.item;
  if (planted(Defect::EffectLate)) ++effect.item;

  books_.release_balance(hold.debit_account, Counter::DebitsPending, Counter::DebitsPosted,
                         released, part.captured);
  books_.release_balance(hold.credit_account, Counter::CreditsPending, Counter::CreditsPosted,
                         released, part.captured);

  const bool opens =
      part.status == PendingStatus::Voided ||
      (part.status == PendingStatus::Expired && !planted(Defect::ExpiryLeavesClosed));
  effect.kind = Effect::Kind::Debit;
  effect.account = hold.debit_account;
  effect.opens = opens && (hold.flags & transfer_flags::kClosingDebit) != 0;
  books_.add_effect(hold.debit_virtual_slot, effect);
  effect.kind = Effect::Kind::Credit;
  effect.account = hold.credit_account;
  effect.opens = opens && (hold.flags & transfer_flags::kClosingCredit) != 0;
  books_.add_effect(hold.credit_virtual_slot, effect);

  if (part.status == PendingStatus::Expired) {
    books_.block->expiries.push_back({released, item, hold.transfer});
  }
  give_back(hold, part, now);
  books_.capture_hold(part.number, part.captured);
  if (!part.closes) return;
  books_.close_hold(part.number, part.status);
  if (opens) open_accounts(hold);
}

// What is released without having been captured returns to the velocity limit it was charged to.
void TransferRules::give_back(const HoldState& hold, const HoldPart& part, u64 now) {
  if (!hold.charged || !part.closes || !books_.limits.has_velocity(hold.debit_account)) return;
  if (hold.timestamp < books_.limits.velocity(hold.debit_account).since() &&
      !planted(Defect::GivenBackBeforeCounting)) {
    return;
  }
  bool uncounted = part.status != PendingStatus::Posted && !hold.captured;
  if (planted(Defect::GivenBackNoCount)) uncounted = false;
  if (planted(Defect::GivenBackCountOfCaptured)) uncounted = part.status != PendingStatus::Posted;
  const u64 charged_at = planted(Defect::GivenBackToNow) ? now : hold.timestamp;
  const VelocityWindow::Charge charge{charged_at, hold.remaining - part.captured,
                                      uncounted ? 1U : 0U};
  books_.give_back(hold.debit_account, charge, now);
}

void TransferRules::open_accounts(const HoldState& hold) {
  if ((hold.flags & transfer_flags::kClosingDebit) != 0) {
    books_.change_status(hold.debit_account, 0, AccountState::kClosed);
  }
  if ((hold.flags & transfer_flags::kClosingCredit) != 0) {
    books_.change_status(hold.credit_account, 0, AccountState::kClosed);
  }
}

void TransferRules::expire_due(u32 item, u64 now) {
  while (books_.holds.next_deadline() <= now) {
    CHECK(books_.holds.next_deadline() != kNoDeadline);  // Logged time ends before.
    release({books_.holds.first_due(), 0, true, PendingStatus::Expired}, item, now);
    if (planted(Defect::ExpiryOfOneOnly)) break;
  }
}

ledger::TransferStatus transfer_status(const Books& books, u32 transfer) {
  ledger::TransferStatus status;
  if (transfer == kNoSlot) return status;
  status.outcome = books.transfer_outcome(transfer);
  if (!books.transfer_exists(transfer)) return status;
  const TransferMark& mark = books.holds.mark(transfer);
  status.pending_status = static_cast<u8>(mark.pending_status);
  status.reversed = mark.reversed ? 1 : 0;
  if (mark.hold != 0) {
    const HoldState& hold = books.holds.hold(mark.hold - 1);
    status.remaining = hold.remaining;
    status.expires_at = hold.deadline;
  }
  return status;
}

}  // namespace florin::engine
