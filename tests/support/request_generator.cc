#include "tests/support/request_generator.h"

#include <utility>

#include "base/check.h"

namespace florin::test {

using ledger::Account;
using ledger::Transfer;

namespace {

namespace account_flags = ledger::account_flags;
namespace transfer_flags = ledger::transfer_flags;

// Ids that share a half with one another, to find comparisons of halves: in one of four it is the
// low half that all have in common.
u128 spread_id(u64 number) { return number % 4 == 0 ? make_u128(number, 1) : u128{number}; }

template <class Value, usize size>
Value pick(Random& random, const Value (&values)[size]) {
  return values[random.below(size)];
}

}  // namespace

RequestGenerator::RequestGenerator(u64 seed, GeneratorOptions options)
    : random_(seed), options_(options) {
  CHECK(options_.ledgers > 0 && options_.request_events_max > 0);
  // Every ledger needs two accounts of each sort, or no transfer could be right.
  CHECK(options_.accounts >= 2 * options_.ledgers);
  CHECK(options_.huge_amounts == 0 || options_.huge_accounts >= 2 * options_.ledgers);
  for (u64 number = 1; number <= options_.accounts + options_.huge_accounts; ++number) {
    account_ids_.push_back(spread_id(number));
  }
}

OwnedRequest RequestGenerator::next() {
  if (account_requests_.empty()) return create_first_accounts();
  if (percent(options_.account_requests)) return create_accounts();
  if (percent(options_.retried_requests)) {
    const bool accounts = transfer_requests_.empty() || percent(20);
    return accounts ? retry_accounts() : retry_transfers();
  }
  if (percent(options_.lookup_requests)) {
    return percent(50) ? lookup_accounts() : lookup_transfers();
  }
  if (percent(options_.trial_balance_requests)) return get_trial_balance();
  return create_transfers();
}

usize RequestGenerator::event_count() {
  return percent(25) ? 1 : random_.between(1, options_.request_events_max);
}

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
  return account;
}

OwnedRequest RequestGenerator::create_first_accounts() {
  std::vector<Account> events;
  for (usize place = 0; place < account_ids_.size(); ++place) {
    if (place % 5 != 3) events.push_back(account(place));
  }
  account_requests_.push_back(events);
  return OwnedRequest::create_accounts(events);
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

OwnedRequest RequestGenerator::create_accounts() {
  std::vector<Account> events;
  const usize count = event_count();
  while (events.size() < count) {
    if (!append_retried(events, account_requests_)) events.push_back(new_account());
  }
  finish(events, account_requests_);
  return OwnedRequest::create_accounts(events);
}

OwnedRequest RequestGenerator::create_transfers() {
  std::vector<Transfer> events;
  const usize count = event_count();
  while (events.size() < count) {
    if (append_retried(events, transfer_requests_)) continue;
    events.push_back(percent(options_.huge_amounts) ? huge_transfer() : new_transfer());
    if (percent(options_.bad_shapes)) spoil(events.back());
  }
  finish(events, transfer_requests_);
  return OwnedRequest::create_transfers(events);
}

u128 RequestGenerator::new_transfer_id() {
  if (!transfer_ids_.empty() && percent(options_.reused_ids)) return any_transfer_id();
  transfer_ids_.push_back(spread_id(transfer_ids_.size() + 1));
  return transfer_ids_.back();
}

u128 RequestGenerator::any_transfer_id() {
  if (transfer_ids_.empty() || percent(5)) return pick<u128>(random_, {0, 5'000'000'000, kU128Max});
  // Half of them recent.
  const usize size = transfer_ids_.size();
  const usize recent = percent(50) && size > 50 ? 50 : size;
  return transfer_ids_[size - 1 - random_.below(recent)];
}

u128 RequestGenerator::any_account_id() {
  if (percent(5)) return pick<u128>(random_, {0, 5'000'000'000, make_u128(5, 2), kU128Max});
  return account_ids_[random_.below(account_ids_.size())];
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
  const usize debit = random_.below(options_.accounts);
  const usize credit = partner(debit);
  Transfer transfer{};
  transfer.id = new_transfer_id();
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

// Between accounts that need not keep room for others.
Transfer RequestGenerator::huge_transfer() {
  const usize debit = options_.accounts + random_.below(options_.huge_accounts);
  const u128 amounts[] = {0,
                          1,
                          u128{1} << 63,
                          u128{1} << 64,
                          u128{1} << 96,
                          u128{1} << 126,
                          u128{1} << 127,
                          kU128Max - 1,
                          kU128Max,
                          random_.next_u128()};
  Transfer transfer{};
  transfer.id = new_transfer_id();
  transfer.debit_account_id = account_ids_[debit];
  transfer.credit_account_id = account_ids_[partner(debit)];
  transfer.amount = pick(random_, amounts);
  transfer.ledger = account(debit).ledger;
  transfer.code = 1;
  return transfer;
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

void RequestGenerator::change_field(Account& account) {
  switch (random_.below(7)) {
    case 0: account.flags ^= account_flags::kLinked; break;
    case 1: account.flags ^= account_flags::kHistory; break;
    case 2: account.user_data_128 ^= u128{1} << random_.below(128); break;
    case 3: account.user_data_64 ^= u64{1} << random_.below(64); break;
    case 4: account.user_data_32 ^= 1u << random_.below(32); break;
    // What was spoiled stays so: zero is not made good.
    case 5: account.ledger = account.ledger == 0 ? 0 : account.ledger % options_.ledgers + 1; break;
    case 6: account.code = account.code == 0 ? 0 : static_cast<u16>(account.code + 1); break;
  }
}

void RequestGenerator::change_field(Transfer& transfer) {
  switch (random_.below(11)) {
    case 0: transfer.flags ^= transfer_flags::kLinked; break;
    case 1: transfer.pending_id = any_transfer_id(); break;
    case 2: transfer.timeout ^= 1u << random_.below(32); break;
    case 3: transfer.debit_account_id = any_account_id(); break;
    case 4: transfer.credit_account_id = any_account_id(); break;
    case 5: transfer.amount ^= u128{1} << random_.below(128); break;
    case 6: transfer.user_data_128 ^= u128{1} << random_.below(128); break;
    case 7: transfer.user_data_64 ^= u64{1} << random_.below(64); break;
    case 8: transfer.user_data_32 ^= 1u << random_.below(32); break;
    case 9: transfer.ledger = static_cast<u32>(random_.below(options_.ledgers + 2)); break;
    case 10: transfer.code = static_cast<u16>(transfer.code + 1); break;
  }
}

void RequestGenerator::spoil(Account& account) {
  const u16 undefined = static_cast<u16>(1u << random_.between(8, 15));
  switch (random_.below(12)) {
    case 0: account.timestamp = random_.next() | 1; break;
    case 1: account.reserved = 1u << random_.below(32); break;
    case 2: account.flags |= undefined; break;
    case 3: account.id = 0; break;
    case 4: account.id = kU128Max; break;
    case 5:
      account.flags |=
          account_flags::kDebitsMustNotExceedCredits | account_flags::kCreditsMustNotExceedDebits;
      break;
    case 6: account.debits_pending = u128{1} << random_.below(128); break;
    case 7: account.debits_posted = u128{1} << random_.below(128); break;
    case 8: account.credits_pending = u128{1} << random_.below(128); break;
    case 9: account.credits_posted = u128{1} << random_.below(128); break;
    case 10: account.ledger = 0; break;
    case 11: account.code = 0; break;
  }
}

void RequestGenerator::spoil(Transfer& transfer) {
  const u16 undefined = static_cast<u16>(1u << random_.between(10, 15));
  switch (random_.below(13)) {
    case 0: transfer.timestamp = random_.next() | 1; break;
    case 1: transfer.flags |= undefined; break;
    case 2: transfer.id = 0; break;
    case 3: transfer.id = kU128Max; break;
    case 4: transfer.debit_account_id = 0; break;
    case 5: transfer.debit_account_id = kU128Max; break;
    case 6: transfer.credit_account_id = 0; break;
    case 7: transfer.credit_account_id = kU128Max; break;
    case 8: transfer.credit_account_id = transfer.debit_account_id; break;
    case 9: transfer.pending_id = u128{1} << random_.below(128); break;
    case 10: transfer.timeout = 1u << random_.below(32); break;
    case 11: transfer.ledger = 0; break;
    case 12: transfer.code = 0; break;
  }
}

// Copies an event of an earlier request, or from it to the end of its chain. Answers whether it
// did.
template <class Event>
bool RequestGenerator::append_retried(std::vector<Event>& events,
                                      const std::deque<std::vector<Event>>& remembered) {
  if (remembered.empty() || !percent(options_.retried_events)) return false;
  const std::vector<Event>& earlier = remembered[random_.below(remembered.size())];
  usize place = random_.below(earlier.size());
  const usize first = events.size();
  events.push_back(earlier[place]);
  const bool whole = percent(50);
  while (whole && (earlier[place].flags & transfer_flags::kLinked) && place + 1 < earlier.size()) {
    events.push_back(earlier[++place]);
  }
  if (percent(50)) change_field(events[first + random_.below(events.size() - first)]);
  return true;
}

// Links some events into chains, and remembers the request.
template <class Event>
void RequestGenerator::finish(std::vector<Event>& events,
                              std::deque<std::vector<Event>>& remembered) {
  static_assert(transfer_flags::kLinked == account_flags::kLinked);
  bool inside = false;
  for (Event& event : events) {
    inside = percent(inside ? 60 : options_.chains);
    if (inside) event.flags |= transfer_flags::kLinked;
  }
  events.back().flags &= static_cast<u16>(~transfer_flags::kLinked);
  if (percent(options_.open_chains)) events.back().flags |= transfer_flags::kLinked;
  remembered.push_back(events);
  if (remembered.size() > options_.remembered_requests) remembered.pop_front();
}

OwnedRequest RequestGenerator::retry_accounts() {
  std::vector<Account> events = account_requests_[random_.below(account_requests_.size())];
  if (percent(50)) change_field(events[random_.below(events.size())]);
  return OwnedRequest::create_accounts(events);
}

OwnedRequest RequestGenerator::retry_transfers() {
  std::vector<Transfer> events = transfer_requests_[random_.below(transfer_requests_.size())];
  if (percent(50)) change_field(events[random_.below(events.size())]);
  return OwnedRequest::create_transfers(events);
}

OwnedRequest RequestGenerator::lookup_accounts() {
  std::vector<u128> ids(event_count());
  for (u128& id : ids) id = any_account_id();
  return OwnedRequest::lookup_accounts(ids);
}

OwnedRequest RequestGenerator::lookup_transfers() {
  std::vector<u128> ids(event_count());
  for (u128& id : ids) id = any_transfer_id();
  return OwnedRequest::lookup_transfers(ids);
}

OwnedRequest RequestGenerator::get_trial_balance() {
  const u32 ledger_min = static_cast<u32>(random_.below(options_.ledgers + 2));
  const u32 limit = static_cast<u32>(random_.between(1, options_.ledgers + 1));
  return OwnedRequest::get_trial_balance({ledger_min, limit});
}

}  // namespace florin::test
