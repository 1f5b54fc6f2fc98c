// The events, conditions and filters of random requests.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "tests/support/request_generator.h"

namespace florin::test {

using ledger::Account;
using ledger::AccountUpdate;
using ledger::Condition;
using ledger::Operation;
using ledger::QueryFilter;
using ledger::Transfer;

namespace {

namespace account_flags = ledger::account_flags;
namespace account_changes = ledger::account_changes;
namespace transfer_flags = ledger::transfer_flags;

u128 negative(u64 amount) { return u128{0} - amount; }

}  // namespace

// The account at this place is always meant to be the same.
Account RequestGenerator::account(usize place) const {
  Account account{};
  account.id = account_ids_[place];
  account.ledger = 1 + static_cast<u32>(place % options_.ledgers);
  account.code = static_cast<u16>(1 + place % 5);
  account.user_data_128 = place % 2 == 0 ? 0 : account.id;
  account.user_data_64 = place % 3;
  account.user_data_32 = static_cast<u32>(place % 4);
  if (place % 7 == 0) account.flags |= account_flags::kHistory;
  const bool limited = place < options_.accounts && place * 61 % 100 < options_.limited_accounts;
  if (limited) {
    account.flags |= place % 2 == 0 ? account_flags::kDebitsMustNotExceedCredits
                                    : account_flags::kCreditsMustNotExceedDebits;
  }
  if (place < options_.accounts && place * 37 % 100 < options_.barred_accounts) {
    const u16 bars[] = {account_flags::kFrozenDebits, account_flags::kFrozenCredits,
                        account_flags::kClosed};
    account.flags |= bars[place / 19 % 3];
  }
  return account;
}

Account RequestGenerator::new_account() {
  Account event = account(random_.below(account_ids_.size()));
  if (percent(10)) event.debits_posted = random_.below(3);
  if (percent(20)) change_field(event);
  if (percent(options_.bad_shapes)) {
    // Most accounts exist soon, which hides all that is looked at after the id: so half of these
    // have an id that nothing else has, and that stays free.
    if (percent(50)) event.id = make_u128(9, random_.next());
    spoil(event);
  }
  return event;
}

usize RequestGenerator::partner(usize place) {
  const usize begin = place < options_.accounts ? 0 : options_.accounts;
  const usize end = place < options_.accounts ? options_.accounts : account_ids_.size();
  usize other = place;
  while (other == place || other % options_.ledgers != place % options_.ledgers) {
    other = begin + random_.below(end - begin);
  }
  return other;
}

u128 RequestGenerator::amount() {
  if (!percent(options_.edge_amounts)) return random_.below(1000);
  return pick<u128>(random_, {0, 0, 1, 1, 2, 999, 1000, 20'000});
}

Transfer RequestGenerator::new_transfer() {
  if (!holds_.empty() && percent(options_.resolving)) {
    const usize recent = std::min<usize>(holds_.size(), percent(80) ? 12 : holds_.size());
    return resolving_transfer(holds_[holds_.size() - 1 - random_.below(recent)]);
  }
  if (!moves_.empty() && percent(options_.reversals)) return reversing_transfer();
  Transfer transfer = plain_transfer();
  if (percent(options_.pending)) make_pending(transfer);
  if (percent(options_.balancing)) {
    const u16 either[] = {transfer_flags::kBalancingDebit, transfer_flags::kBalancingCredit,
                          transfer_flags::kBalancing};
    transfer.flags |= pick(random_, either);
    if (percent(40)) transfer.amount = kU128Max;
  }
  return transfer;
}

Transfer RequestGenerator::plain_transfer() {
  usize debit = random_.below(options_.accounts);
  if (!velocity_places_.empty() && percent(10)) {
    debit = velocity_places_[random_.below(velocity_places_.size())];
  }
  const usize credit = partner(debit);
  Transfer transfer{};
  transfer.id = new_id(transfer_ids_, 0);
  transfer.debit_account_id = account_ids_[debit];
  transfer.credit_account_id = account_ids_[credit];
  transfer.amount = amount();
  transfer.user_data_128 = percent(30) ? random_.next_u128() : 0;
  transfer.user_data_64 = random_.below(3);
  transfer.user_data_32 = static_cast<u32>(random_.below(3));
  transfer.ledger = account(debit).ledger;
  transfer.code = static_cast<u16>(random_.between(1, 3));
  // A limited account must not grow so rich that its limit is never met, nor so poor that most of
  // its transfers are refused: now and then it pays much, or is turned to its free side.
  const bool debit_limited = account(debit).flags & account_flags::kDebitsMustNotExceedCredits;
  const bool credit_limited = account(credit).flags & account_flags::kCreditsMustNotExceedDebits;
  const bool limited = debit_limited || credit_limited;
  if (limited && percent(5)) std::swap(transfer.debit_account_id, transfer.credit_account_id);
  if (limited && percent(10)) transfer.amount = random_.below(50'000);
  misplace(transfer);
  return transfer;
}

void RequestGenerator::make_pending(Transfer& transfer) {
  transfer.flags |= transfer_flags::kPending;
  // The last is beyond the end of time, in a ledger that begins late.
  transfer.timeout = pick<u32>(random_, {0, 0, 1, 1, 1, 1, 2, 2, 3, 5, 60, ~u32{0}});
  if (!percent(options_.closing)) return;
  const u16 either[] = {transfer_flags::kClosingDebit, transfer_flags::kClosingCredit,
                        transfer_flags::kClosing};
  transfer.flags |= pick(random_, either);
  // Closed for long, most of the others would be refused.
  transfer.timeout = static_cast<u32>(random_.between(1, 2));
}

// Between accounts that need not keep room for others.
Transfer RequestGenerator::huge_transfer() {
  const usize debit = options_.accounts + random_.below(options_.huge_accounts);
  // What fills a counter for ever must be rare, or nothing else would happen there.
  const u128 amounts[] = {0,
                          1,
                          u128{1} << 63,
                          u128{1} << 64,
                          u128{1} << 96,
                          u128{1} << 124,
                          u128{1} << 125,
                          u128{1} << 126,
                          u128{1} << 127,
                          random_.next_u128() >> 3};
  Transfer transfer{};
  transfer.id = new_id(transfer_ids_, 0);
  transfer.debit_account_id = account_ids_[debit];
  transfer.credit_account_id = account_ids_[partner(debit)];
  transfer.amount = pick(random_, amounts);
  if (percent(8)) transfer.amount = kU128Max - random_.below(2);
  transfer.ledger = account(debit).ledger;
  transfer.code = 1;
  // Holds free again what they fill.
  if (percent(2 * options_.pending)) make_pending(transfer);
  return transfer;
}

// A post or void of the hold, mostly right.
Transfer RequestGenerator::resolving_transfer(const Transfer& hold) {
  Transfer transfer{};
  transfer.id = new_id(transfer_ids_, 0);
  transfer.pending_id = hold.id;
  if (percent(65)) {
    transfer.flags = transfer_flags::kPostPendingTransfer;
    if (percent(35)) transfer.flags |= transfer_flags::kCapturePartial;
    const u128 part = hold.amount == kU128Max       ? random_.next_u128()
                      : high_half(hold.amount) == 0 ? u128{random_.below(low_half(hold.amount) + 1)}
                                                    : hold.amount / random_.between(1, 9);
    const u128 amounts[] = {kU128Max, kU128Max, kU128Max, hold.amount,     part,
                            part,     part,     0,        hold.amount + 1, part + 1};
    transfer.amount = pick(random_, amounts);
  } else {
    transfer.flags = transfer_flags::kVoidPendingTransfer;
    transfer.amount = percent(60) ? 0 : hold.amount;
    if (percent(8)) transfer.amount = pick<u128>(random_, {1, kU128Max, hold.amount + 1});
  }
  // Each field is the hold's, or inherited.
  if (percent(30)) transfer.debit_account_id = hold.debit_account_id;
  if (percent(30)) transfer.credit_account_id = hold.credit_account_id;
  if (percent(30)) transfer.ledger = hold.ledger;
  if (percent(30)) transfer.code = hold.code;
  if (percent(30)) transfer.user_data_128 = random_.below(3);
  if (percent(30)) transfer.user_data_64 = random_.below(3);
  if (percent(30)) transfer.user_data_32 = static_cast<u32>(random_.below(3));
  if (!percent(8)) return transfer;
  switch (random_.below(6)) {
    case 0: transfer.debit_account_id = any_account_id(); break;
    case 1: transfer.credit_account_id = any_account_id(); break;
    case 2: transfer.ledger = static_cast<u32>(random_.between(1, options_.ledgers + 1)); break;
    case 3: transfer.code = static_cast<u16>(random_.between(1, 4)); break;
    case 4: transfer.pending_id = any_id(transfer_ids_); break;
    case 5: transfer.pending_id = make_u128(8, random_.next()); break;
  }
  return transfer;
}

// Takes back a recent transfer, mostly rightly.
Transfer RequestGenerator::reversing_transfer() {
  const Transfer original = moves_[random_.below(moves_.size())];
  Transfer transfer = plain_transfer();
  transfer.flags = transfer_flags::kReversal;
  transfer.pending_id = original.id;
  transfer.debit_account_id = original.credit_account_id;
  transfer.credit_account_id = original.debit_account_id;
  transfer.ledger = original.ledger;
  transfer.amount = percent(50) ? kU128Max : original.amount;
  if (!percent(15)) return transfer;
  switch (random_.below(5)) {
    case 0: transfer.debit_account_id = any_account_id(); break;
    case 1: transfer.credit_account_id = any_account_id(); break;
    case 2: transfer.amount = original.amount + 1; break;
    case 3: transfer.pending_id = make_u128(8, random_.next()); break;
    case 4:
      if (holds_.empty()) break;
      transfer.pending_id = holds_.back().id;
      transfer.debit_account_id = holds_.back().credit_account_id;
      transfer.credit_account_id = holds_.back().debit_account_id;
      transfer.ledger = holds_.back().ledger;
      break;
  }
  return transfer;
}

void RequestGenerator::remember(const Transfer& transfer) {
  constexpr usize kKept = 40;
  if (transfer.flags & transfer_flags::kPending) {
    holds_.push_back(transfer);
    if (holds_.size() > kKept) holds_.pop_front();
    return;
  }
  Transfer move = transfer;
  if (transfer.flags & transfer_flags::kResolves) {
    const auto hold = std::ranges::find(holds_, transfer.pending_id, &Transfer::id);
    if (hold == holds_.end()) return;
    move.debit_account_id = hold->debit_account_id;
    move.credit_account_id = hold->credit_account_id;
    move.ledger = hold->ledger;
  }
  if (transfer.flags & transfer_flags::kBalancing) move.amount = kU128Max;
  moves_.push_back(move);
  if (moves_.size() > kKept) moves_.pop_front();
}

void RequestGenerator::forget(u128 transfer_id) {
  if (percent(10)) return;
  const auto has_id = [&](const Transfer& transfer) { return transfer.id == transfer_id; };
  std::erase_if(holds_, has_id);
  std::erase_if(moves_, has_id);
}

// Now and then, accounts that are missing or of another ledger.
void RequestGenerator::misplace(Transfer& transfer) {
  u128& side = percent(50) ? transfer.debit_account_id : transfer.credit_account_id;
  if (percent(options_.missing_accounts)) {
    side = pick<u128>(random_, {5'000'000'000, make_u128(5, 2), kU128Max - 1});
  }
  if (percent(options_.wrong_ledgers)) {
    if (percent(50)) {
      side = account_ids_[random_.below(options_.accounts)];
    } else {
      transfer.ledger = static_cast<u32>(random_.between(1, options_.ledgers + 1));
    }
  }
}

std::vector<Condition> RequestGenerator::conditions(usize transfers) {
  std::vector<Condition> chosen;
  for (usize index = 0; index < transfers; ++index) {
    if (!percent(options_.conditions)) continue;
    const u64 sides = random_.between(1, 3);
    if (sides & 1) chosen.push_back(condition(index, Condition::Side::Debit));
    if (sides & 2) chosen.push_back(condition(index, Condition::Side::Credit));
  }
  return chosen;
}

Condition RequestGenerator::condition(usize index, Condition::Side side) {
  constexpr u128 kLeast = u128{1} << 127;  // Of what 128 bits can tell with a sign.
  Condition condition;
  condition.index = static_cast<u32>(index);
  condition.side = static_cast<u16>(side);
  condition.bounds = static_cast<u16>(random_.between(1, 3));
  const u128 least[] = {kLeast, negative(50'000), negative(2'000), negative(1), 0, 1, 500};
  const u128 most[] = {kLeast - 1, 50'000, 2'000, 1, 0, negative(1), negative(500)};
  if (condition.bounds & Condition::kAtLeast) condition.minimum = pick(random_, least);
  if (condition.bounds & Condition::kAtMost) condition.maximum = pick(random_, most);
  constexpr u16 kBoth = Condition::kAtLeast | Condition::kAtMost;
  const bool crossed = (condition.minimum ^ kLeast) > (condition.maximum ^ kLeast);
  if (condition.bounds == kBoth && crossed) std::swap(condition.minimum, condition.maximum);
  return condition;
}

AccountUpdate RequestGenerator::new_update() {
  AccountUpdate update{};
  update.id = new_id(update_ids_, 1'000'000);
  usize place = random_.below(account_ids_.size());
  if (!velocity_places_.empty() && percent(25)) place = velocity_places_.back();
  update.account_id = account_ids_[place];
  if (percent(options_.missing_accounts)) update.account_id = make_u128(5, 2);
  const char reason[] = "a reason for the auditor";
  update.reason_length = static_cast<u16>(random_.between(1, sizeof(reason) - 1));
  std::memcpy(update.reason, reason, update.reason_length);
  if (percent(20)) {
    update.reason_length = ledger::kReasonBytesMax;
    std::memset(update.reason, 'x', update.reason_length);
  }
  // What is frozen is set free soon, or there would be no more movement.
  const u64 freezing = random_.below(100);
  if (freezing < 3) update.changes |= account_changes::kFreezeDebits;
  if (freezing >= 3 && freezing < 40) update.changes |= account_changes::kUnfreezeDebits;
  if (freezing % 33 == 0) update.changes |= account_changes::kFreezeCredits;
  if (freezing % 3 == 1) update.changes |= account_changes::kUnfreezeCredits;
  if (percent(15)) update.changes |= account_changes::kSetUserData128;
  if (percent(15)) update.changes |= account_changes::kSetUserData64;
  if (percent(15)) update.changes |= account_changes::kSetUserData32;
  if (update.changes & account_changes::kSetUserData128) update.user_data_128 = random_.below(3);
  if (update.changes & account_changes::kSetUserData64) update.user_data_64 = random_.below(3);
  if (update.changes & account_changes::kSetUserData32) {
    update.user_data_32 = static_cast<u32>(random_.below(3));
  }
  set_limits(update, place);
  return update;
}

void RequestGenerator::set_limits(AccountUpdate& update, usize place) {
  const auto chosen = [&](u32 set, u32 clear) {
    const u64 draw = random_.below(100);
    if (draw < 8) update.changes |= set;
    if (draw >= 8 && draw < 35) update.changes |= clear;
    return draw < 8;
  };
  if (chosen(account_changes::kSetOverdraftLimit, account_changes::kClearOverdraftLimit)) {
    update.overdraft_limit = pick<u128>(random_, {0, 1, 1000, 20'000, 20'000, kU128Max});
  }
  if (chosen(account_changes::kSetBalanceLimit, account_changes::kClearBalanceLimit)) {
    update.balance_limit = pick<u128>(random_, {0, 1000, 20'000, 50'000, 50'000, kU128Max});
  }
  if (chosen(account_changes::kSetTransferLimit, account_changes::kClearTransferLimit)) {
    update.transfer_limit = pick<u128>(random_, {0, 500, 900, 900, 1000, kU128Max});
  }
  const bool again = !velocity_places_.empty() && place == velocity_places_.back() && percent(40);
  if (chosen(account_changes::kSetVelocityLimit, account_changes::kClearVelocityLimit) || again) {
    update.changes |= account_changes::kSetVelocityLimit;
    update.changes &= ~account_changes::kClearVelocityLimit;
    update.velocity_window = pick<u32>(random_, {60, 60, 60, 60, 60, 60, 61, 90, 3600, 2'592'000});
    update.velocity_sum_limit = pick<u128>(random_, {0, 2000, 5000, 20'000, kU128Max, kU128Max});
    update.velocity_count_limit = pick<u32>(random_, {1, 10, 20, 20, ~u32{0}, ~u32{0}});
    std::erase(velocity_places_, place);
    velocity_places_.push_back(place);
    if (velocity_places_.size() > 4) velocity_places_.pop_front();
  }
  if (update.changes == 0) update.changes = account_changes::kUnfreezeDebits;
}

OwnedRequest RequestGenerator::query() {
  const u64 kind = random_.below(10);
  const Operation operation = kind < 3   ? Operation::QueryAccounts
                              : kind < 8 ? Operation::QueryTransfers
                                         : Operation::GetAccountChanges;
  const bool transfers = operation == Operation::QueryTransfers;
  QueryFilter filter;
  filter.limit = pick<u32>(random_, {1, 2, 7, 50, ledger::query_limit_max(operation)});
  if (percent(50)) filter.flags |= QueryFilter::kNewestFirst;
  if (operation != Operation::QueryAccounts && percent(50)) filter.account_id = any_account_id();
  if (transfers && filter.account_id != 0) {
    filter.flags |= static_cast<u16>(random_.below(4));  // Debits, credits.
  }
  if (operation != Operation::GetAccountChanges) {
    if (percent(10)) filter.user_data_128 = account_ids_[random_.below(account_ids_.size())];
    if (percent(15)) filter.user_data_64 = random_.below(3);
    if (percent(15)) filter.user_data_32 = static_cast<u32>(random_.below(4));
    if (percent(20)) filter.ledger = static_cast<u32>(random_.below(options_.ledgers + 2));
    if (percent(20)) filter.code = static_cast<u16>(random_.below(6));
    if (percent(20)) filter.object_flags = static_cast<u16>(1u << random_.below(8));
  }
  if (transfers) {
    if (percent(15)) filter.amount_min = amount();
    if (percent(15)) filter.amount_max = filter.amount_min + amount();
    if (percent(25)) filter.pending_status = static_cast<u8>(random_.below(5));
  }
  // Mostly times at which something happened lately, exactly or nearly.
  const auto past = [&] {
    if (recent_ns_.empty() || percent(15)) return random_.below(last_ns_);
    return recent_ns_[random_.below(recent_ns_.size())] + random_.below(3) - 1;
  };
  if (percent(25)) filter.timestamp_min = past();
  if (percent(25)) filter.timestamp_max = std::max(past(), filter.timestamp_min);
  Listing listing{operation, filter};
  if (!listings_.empty() && percent(60)) {
    const usize place = random_.below(listings_.size());
    listing = listings_[place];
    listings_.erase(listings_.begin() + static_cast<std::ptrdiff_t>(place));
  }
  if (percent(options_.impossible_cursors)) listing.filter.cursor = {0, u64{1} << 40};
  CHECK(!check_filter(listing.operation, listing.filter).has_value());
  if (listing.operation == Operation::QueryAccounts) {
    return OwnedRequest::query_accounts(listing.filter);
  }
  if (listing.operation == Operation::QueryTransfers) {
    return OwnedRequest::query_transfers(listing.filter);
  }
  return OwnedRequest::get_account_changes(listing.filter);
}

}  // namespace florin::test
