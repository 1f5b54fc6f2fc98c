#include "tests/history/bank_workload.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace florin::test {

namespace {

using ledger::Transfer;
namespace flags = ledger::transfer_flags;

constexpr u128 kCash = 901;
constexpr u128 kMarkDebit = 1001;
constexpr u128 kMarkCredit = 1002;
constexpr usize kRememberedMax = 200;

ledger::Account account(u128 id, u16 account_flags) {
  ledger::Account made{};
  made.id = id;
  made.ledger = 1;
  made.code = 10;
  made.flags = account_flags;
  return made;
}

Transfer transfer(u128 id, u128 debit, u128 credit, u128 amount) {
  Transfer made{};
  made.id = id;
  made.debit_account_id = debit;
  made.credit_account_id = credit;
  made.amount = amount;
  made.ledger = 1;
  made.code = 20;
  return made;
}

Transfer take_from(std::deque<Transfer>& remembered, Random& random) {
  const auto at = remembered.begin() + static_cast<std::ptrdiff_t>(random.below(remembered.size()));
  const Transfer taken = *at;
  if (random.chance(3, 4)) remembered.erase(at);  // Otherwise it may be asked for twice.
  return taken;
}

}  // namespace

BankWorkload::BankWorkload(u64 seed, u32 client, const BankOptions& options)
    : random_(seed), client_(client), options_(options) {}

OwnedRequest BankWorkload::create_accounts(const BankOptions& options) {
  std::vector<ledger::Account> accounts;
  for (const u128 id : account_ids(options)) {
    const bool customer = id <= options.customers;
    accounts.push_back(
        account(id, customer ? ledger::account_flags::kDebitsMustNotExceedCredits : u16{0}));
  }
  return OwnedRequest::create_accounts(accounts);
}

std::vector<u128> BankWorkload::account_ids(const BankOptions& options) {
  std::vector<u128> ids{kCash, kMarkDebit, kMarkCredit};
  for (u32 id = 1; id <= options.customers; ++id) ids.push_back(id);
  return ids;
}

OwnedRequest BankWorkload::next() {
  const u64 dice = random_.below(100);
  if (dice < 60) return write();
  if (dice < 62) return freeze();
  if (dice < 93 || !options_.listings) return read();
  return list();
}

OwnedRequest BankWorkload::with_mark(std::vector<Transfer> events) {
  events.insert(events.begin(), transfer(new_id(), kMarkDebit, kMarkCredit, 1));
  OwnedRequest request = OwnedRequest::create_transfers(events);
  request.request().wants_balances = random_.chance(1, 8);
  return request;
}

OwnedRequest BankWorkload::write() {
  std::vector<Transfer> events;
  for (u64 count = 1 + random_.below(3); count > 0; --count) add_event(events);
  if (random_.chance(1, 6)) add_chain(events);
  return with_mark(std::move(events));
}

void BankWorkload::add_event(std::vector<Transfer>& events) {
  const u64 dice = random_.below(100);
  if (dice < 20) {
    events.push_back(deposit());
  } else if (dice < 35) {
    events.push_back(hold());
  } else if (dice < 50 && !holds_.empty()) {
    events.push_back(resolve_hold());
  } else if (dice < 55 && !plains_.empty()) {
    events.push_back(reverse());
  } else {
    events.push_back(plain());
  }
}

void BankWorkload::add_chain(std::vector<Transfer>& events) {
  for (u64 count = 2 + random_.below(3); count > 0; --count) {
    events.push_back(random_.chance(1, 4) ? hold() : plain());
    if (count > 1) events.back().flags |= flags::kLinked;
  }
}

Transfer BankWorkload::plain() {
  const u128 debit = customer();
  const u128 credit = 1 + (debit + random_.below(options_.customers - 1)) % options_.customers;
  return transfer(new_id(), debit, credit, 1 + random_.below(100));
}

Transfer BankWorkload::deposit() {
  return transfer(new_id(), kCash, customer(), 50 + random_.below(450));
}

Transfer BankWorkload::hold() {
  Transfer made = plain();
  made.flags |= flags::kPending;
  if (random_.chance(options_.holds_that_expire, 100)) made.timeout = 1;
  return made;
}

Transfer BankWorkload::resolve_hold() {
  const Transfer held = take_from(holds_, random_);
  Transfer made{};
  made.id = new_id();
  made.pending_id = held.id;
  made.flags = random_.chance(1, 3) ? flags::kVoidPendingTransfer : flags::kPostPendingTransfer;
  const bool posts = made.flags == flags::kPostPendingTransfer;
  if (posts) made.amount = random_.chance(1, 2) ? ledger::kAmountMax : 1 + random_.below(60);
  if (posts && random_.chance(1, 4)) made.flags |= flags::kCapturePartial;
  return made;
}

Transfer BankWorkload::reverse() {
  const Transfer original = take_from(plains_, random_);
  Transfer made =
      transfer(new_id(), original.credit_account_id, original.debit_account_id, ledger::kAmountMax);
  made.pending_id = original.id;
  made.flags = flags::kReversal;
  return made;
}

ledger::AccountUpdate BankWorkload::update_of(u128 account, u32 changes) {
  constexpr std::string_view kReason = "test";
  ledger::AccountUpdate made{};
  made.id = new_id();
  made.account_id = account;
  made.changes = changes;
  made.reason_length = kReason.size();
  std::memcpy(made.reason, kReason.data(), kReason.size());
  return made;
}

OwnedRequest BankWorkload::freeze() {
  namespace changes = ledger::account_changes;
  const bool freezes = random_.chance(1, 3);
  const ledger::AccountUpdate updates[] = {
      update_of(kMarkDebit, changes::kUnfreezeCredits),
      update_of(customer(), freezes ? changes::kFreezeDebits : changes::kUnfreezeDebits)};
  return OwnedRequest::update_accounts(updates);
}

u128 BankWorkload::some_id() {
  const u64 client = random_.chance(1, 2) ? client_ : random_.below(4);
  const u64 newest = ids_ + 5;
  return make_u128(client + 1, newest - std::min(random_.below(40), newest - 1));
}

OwnedRequest BankWorkload::read() {
  std::vector<u128> ids;
  if (random_.chance(2, 3)) {
    for (u64 count = 1 + random_.below(4); count > 0; --count) ids.push_back(customer());
    return OwnedRequest::lookup_accounts(ids);
  }
  for (u64 count = 1 + random_.below(4); count > 0; --count) ids.push_back(some_id());
  return OwnedRequest::lookup_transfers(ids);
}

OwnedRequest BankWorkload::list() {
  ledger::QueryFilter filter;
  filter.limit = static_cast<u32>(4 + random_.below(12));
  filter.flags = ledger::QueryFilter::kNewestFirst;
  const u64 dice = random_.below(10);
  if (dice < 7) {
    filter.account_id = random_.chance(1, 5) ? kMarkDebit : customer();
    return OwnedRequest::query_transfers(filter);
  }
  if (dice == 7) {
    filter.amount_min = 90;
    filter.code = 20;
    return OwnedRequest::query_transfers(filter);
  }
  if (dice == 8) return OwnedRequest::query_accounts(filter);
  return OwnedRequest::get_trial_balance({0, 10});
}

OwnedRequest BankWorkload::retry(const ledger::Request& cut_off) {
  if (cut_off.operation == ledger::Operation::UpdateAccounts) {
    const auto events = cut_off.update_events();
    std::vector<ledger::AccountUpdate> again{events.begin(), events.end()};
    again[0].id = new_id();
    return OwnedRequest::update_accounts(again);
  }
  const auto events = cut_off.transfer_events();
  return with_mark({events.begin() + 1, events.end()});
}

void BankWorkload::observe(const ledger::Request& answered) {
  if (answered.operation != ledger::Operation::CreateTransfers) return;
  constexpr u32 kExists = static_cast<u32>(ledger::TransferOutcome::Exists);
  const auto events = answered.transfer_events();
  usize exception = 0;
  for (u32 at = 0; at < events.size(); ++at) {
    const bool told =
        exception < answered.exceptions.size() && answered.exceptions[exception].index == at;
    const bool created = !told || answered.exceptions[exception].outcome == kExists;
    if (told) ++exception;
    if (at == 0 || !created || (events[at].flags & flags::kNamesEarlier) != 0) continue;
    auto& remembered = (events[at].flags & flags::kPending) != 0 ? holds_ : plains_;
    remembered.push_back(events[at]);
    if (remembered.size() > kRememberedMax) remembered.pop_front();
  }
}

}  // namespace florin::test
