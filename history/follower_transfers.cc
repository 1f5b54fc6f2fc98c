// What transfers that were created, and holds that expired, do to balances.
#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "base/int128.h"
#include "engine/account_state.h"
#include "history/follower.h"

namespace florin::history {

using engine::Counter;
using ledger::ChangeKind;
using ledger::PendingStatus;
using ledger::Transfer;
namespace flags = ledger::transfer_flags;

namespace {

u128& counter(AccountBalances& account, Counter counter) {
  return account.counters[static_cast<usize>(counter)];
}

}  // namespace

bool Follower::refuse_transfer(Turn& turn, u8 number, const Transfer& event, ChangeBatch& batch) {
  const auto outcome = ledger::transfer_outcome(number);
  if (!outcome) {
    return fail_at(turn.position, fmt::format("no transfer has the outcome {}", number));
  }
  if (*outcome == ledger::TransferOutcome::Exists) return true;
  OtherChange& refused = batch.others.emplace_back();
  refused.place = turn.next_place();
  refused.decided = turn.decided;
  const pipeline::RequestRecord& record = turn.request.record;
  refused.what = RefusedTransfer{event, record.trace_id, record.principal, number};
  if (!ledger::is_transient(*outcome)) return true;
  batch.consumed.push_back({event.id, refused.place, turn.decided, mark_.consumed, number});
  ++mark_.consumed;
  return true;
}

// What was left out of the record stands in the event.
void Follower::apply(const Derived& derived, Transfer& transfer) {
  using pipeline::DerivedTransfer;
  const u16 fields = derived.header.fields;
  const auto take = [fields](u16 field, auto& target, const auto& value) {
    if ((fields & field) != 0) target = value;
  };
  take(DerivedTransfer::kAmount, transfer.amount, derived.amount);
  take(DerivedTransfer::kDebitAccountId, transfer.debit_account_id, derived.debit_account_id);
  take(DerivedTransfer::kCreditAccountId, transfer.credit_account_id, derived.credit_account_id);
  take(DerivedTransfer::kUserData128, transfer.user_data_128, derived.user_data_128);
  take(DerivedTransfer::kUserData64, transfer.user_data_64, derived.user_data_64);
  take(DerivedTransfer::kUserData32, transfer.user_data_32, derived.user_data_32);
  take(DerivedTransfer::kLedger, transfer.ledger, derived.ledger);
  take(DerivedTransfer::kCode, transfer.code, derived.header.code);
}

bool Follower::create_transfer(Turn& turn, const Transfer& event, ChangeBatch& batch) {
  TransferChange& change = batch.transfers.emplace_back();
  change.transfer = event;
  Ahead ahead = ahead_[turn.event % kAhead];
  if (const Derived* derived = take_derived(turn.event)) [[unlikely]] {
    apply(*derived, change.transfer);
    ahead.debit = accounts_.tag_of(change.transfer.debit_account_id);
    ahead.credit = accounts_.tag_of(change.transfer.credit_account_id);
  }
  if ((event.flags & flags::kImported) == 0) change.transfer.timestamp = turn.decided;
  change.place = turn.next_place();
  change.decided = turn.decided;
  change.number = mark_.created;
  change.trace_id = turn.request.record.trace_id;
  change.principal = turn.request.record.principal;
  ++mark_.created;
  if (!find_accounts(change, ahead)) return false;
  if ((event.flags & (flags::kResolves | flags::kPending)) == 0) [[likely]]
    return move_plainly(change);
  return (event.flags & flags::kPending) != 0 ? open_hold(change, ahead.hold)
                                              : resolve_hold(change, ahead.hold);
}

bool Follower::find_accounts(const TransferChange& change, const Ahead& ahead) {
  debit_ = account(change.transfer.debit_account_id, ahead.debit, change.place.position);
  if (debit_ == nullptr) return false;
  credit_ = account(change.transfer.credit_account_id, ahead.credit, change.place.position);
  return credit_ != nullptr;
}

bool Follower::move_plainly(TransferChange& change) {
  return add(change, Counter::DebitsPosted, Counter::CreditsPosted) && write_balances(change);
}

bool Follower::open_hold(TransferChange& change, u32 tag) {
  if (holds_.find(change.transfer.id, tag) != kNoSlot) {
    return fail_at(change.place.position,
                   fmt::format("hold {} is created a second time", to_decimal(change.transfer.id)));
  }
  change.remaining = change.transfer.amount;
  holds_.open({change.transfer, change.remaining, change.number}, tag);
  return add(change, Counter::DebitsPending, Counter::CreditsPending) && write_balances(change);
}

bool Follower::resolve_hold(TransferChange& change, u32 tag) {
  const Transfer& transfer = change.transfer;
  const u32 slot = hold(transfer.pending_id, tag, change.place.position);
  if (slot == kNoSlot) return false;
  OpenHold& hold = holds_.at(slot);
  const bool voids = (transfer.flags & flags::kVoidPendingTransfer) != 0;
  const u128 posted = voids ? 0 : transfer.amount;
  if (posted > hold.remaining || transfer.debit_account_id != hold.transfer.debit_account_id ||
      transfer.credit_account_id != hold.transfer.credit_account_id) {
    return fail_at(
        change.place.position,
        fmt::format("transfer {} of {} from account {} to {} resolves hold {}, of which "
                    "{} is left, from account {} to {}",
                    to_decimal(transfer.id), to_decimal(transfer.amount),
                    to_decimal(transfer.debit_account_id), to_decimal(transfer.credit_account_id),
                    to_decimal(hold.transfer.id), to_decimal(hold.remaining),
                    to_decimal(hold.transfer.debit_account_id),
                    to_decimal(hold.transfer.credit_account_id)));
  }
  const bool takes_rest = posted == hold.remaining;
  const bool closes = voids || (transfer.flags & flags::kCapturePartial) == 0 || takes_rest;
  change.took_all = !voids && takes_rest;
  change.released = closes ? hold.remaining : posted;
  change.remaining = hold.remaining - change.released;
  change.hold_status = voids    ? PendingStatus::Voided
                       : closes ? PendingStatus::Posted
                                : PendingStatus::Pending;
  hold.remaining = change.remaining;
  if (closes) holds_.close(slot);
  return release(change, posted);
}

bool Follower::expire_due(Turn& turn, ChangeBatch& batch) {
  const auto& expired = outcomes_.expired;
  while (expired_ != expired.size() && expired[expired_].event == turn.event) [[unlikely]] {
      if (!expire(turn, expired[expired_], batch)) return false;
      ++expired_;
    }
  return true;
}

bool Follower::expire(Turn& turn, const pipeline::ExpiredHold& expired, ChangeBatch& batch) {
  const u128 id = expired.transfer_id;
  const u32 slot = hold(id, holds_.tag_of(id), turn.position);
  if (slot == kNoSlot) return false;
  const OpenHold& hold = holds_.at(slot);
  if (hold.remaining != expired.released) {
    return fail_at(
        turn.position,
        fmt::format("hold {} expires and releases {}, and {} of it is left", to_decimal(id),
                    to_decimal(expired.released), to_decimal(hold.remaining)));
  }
  TransferChange& change = batch.transfers.emplace_back();
  change.transfer = hold.transfer;
  change.released = expired.released;
  change.place = turn.next_place();
  change.decided = turn.decided;
  change.number = hold.number;
  change.kind = ChangeKind::HoldExpired;
  change.hold_status = PendingStatus::Expired;
  holds_.close(slot);
  const Ahead tags{accounts_.tag_of(change.transfer.debit_account_id),
                   accounts_.tag_of(change.transfer.credit_account_id), 0};
  return find_accounts(change, tags) && release(change, 0);
}

bool Follower::add(const TransferChange& change, Counter debited, Counter credited) {
  u128& debits = counter(*debit_, debited);
  u128& credits = counter(*credit_, credited);
  const u128 amount = change.transfer.amount;
  if (!__builtin_add_overflow(debits, amount, &debits) &&
      !__builtin_add_overflow(credits, amount, &credits)) [[likely]] {
    return true;
  }
  return fail_at(change.place.position,
                 fmt::format("transfer {} of {} overflows the balances of account {} or {}",
                             to_decimal(change.transfer.id), to_decimal(amount),
                             to_decimal(debit_->id), to_decimal(credit_->id)));
}

bool Follower::release(TransferChange& change, u128 posted) {
  u128& debits = counter(*debit_, Counter::DebitsPending);
  u128& credits = counter(*credit_, Counter::CreditsPending);
  if (debits < change.released || credits < change.released) {
    return fail_at(change.place.position,
                   fmt::format("transfer {} releases {}, and accounts {} and {} have {} and {} on "
                               "hold",
                               to_decimal(change.transfer.id), to_decimal(change.released),
                               to_decimal(debit_->id), to_decimal(credit_->id), to_decimal(debits),
                               to_decimal(credits)));
  }
  debits -= change.released;
  credits -= change.released;
  u128& debits_posted = counter(*debit_, Counter::DebitsPosted);
  u128& credits_posted = counter(*credit_, Counter::CreditsPosted);
  if (__builtin_add_overflow(debits_posted, posted, &debits_posted) ||
      __builtin_add_overflow(credits_posted, posted, &credits_posted)) {
    return fail_at(change.place.position,
                   fmt::format("transfer {} overflows the balances of account {} or {}",
                               to_decimal(change.transfer.id), to_decimal(debit_->id),
                               to_decimal(credit_->id)));
  }
  return write_balances(change);
}

bool Follower::write_balances(TransferChange& change) const {
  static_assert(sizeof(change.balances) == sizeof(debit_->counters) + sizeof(credit_->counters));
  std::memcpy(&change.balances.debit_account_debits_pending, debit_->counters,
              sizeof(debit_->counters));
  std::memcpy(&change.balances.credit_account_debits_pending, credit_->counters,
              sizeof(credit_->counters));
  return true;
}

AccountBalances* Follower::account(u128 id, u32 tag, u64 position) {
  const u32 slot = accounts_.find(id, tag);
  if (slot != kNoSlot) [[likely]]
    return &accounts_.at(slot);
  const auto known = store_.known_account(id);
  if (!known) {
    failure_ = known.error();
    return nullptr;
  }
  // Of a ledger with no account at all before, every account was met.
  if (accounts_.size() >= mark_.accounts) {
    fail_at(position, fmt::format("account {} was never created", to_decimal(id)));
    return nullptr;
  }
  AccountBalances loaded{id, {}};
  std::ranges::copy(known->balances, loaded.counters);
  return &accounts_.at(accounts_.add(loaded, tag));
}

u32 Follower::hold(u128 id, u32 tag, u64 position) {
  const u32 slot = holds_.find(id, tag);
  if (slot != kNoSlot) [[likely]]
    return slot;
  const auto known = store_.known_hold(id);
  if (!known) {
    failure_ = known.error();
    return kNoSlot;
  }
  if (!known->found) {
    fail_at(position, fmt::format("there is no open hold {}", to_decimal(id)));
    return kNoSlot;
  }
  return holds_.open({known->transfer, known->remaining, known->number}, tag);
}

}  // namespace florin::history
