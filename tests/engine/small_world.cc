#include "tests/engine/small_world.h"

#include <cstring>

#include "base/check.h"

namespace florin::test {

namespace {

namespace account_changes = ledger::account_changes;
namespace account_flags = ledger::account_flags;
namespace transfer_flags = ledger::transfer_flags;

constexpr u64 kWorldNs = 3 * kNsPerSecond;  // From one copy to the next.
constexpr u32 kIdsPerWorld = 64;
constexpr u32 kLedger = 1;

// Times within a world.
constexpr u64 kUpdatesAt = 1'000;
constexpr u64 kFirstHoldAt = 2'000;
constexpr u64 kTransfersAt = 3'000;
constexpr u64 kExpireAt = kFirstHoldAt + kNsPerSecond;
constexpr u32 kDuePlace = 13;  // Of DueHold among the transfers; ClosingHold follows it.

// Feeding transfers that no test names have ids from here on.
constexpr u32 kFeed = 20;
constexpr u32 kUpdates = 30;

}  // namespace

SmallWorld::SmallWorld(u64 number)
    : base_(u128{number} * kIdsPerWorld), start_ns_(1'000 * kNsPerSecond + number * kWorldNs) {}

SmallWorld::Sides SmallWorld::sides_of(Transfer which) {
  switch (which) {
    case Transfer::Plain: return {Account::Bank, Account::Bounded};
    case Transfer::DueHold: return {Account::Spender, Account::Bounded};
    case Transfer::OpenHold:
    case Transfer::VoidedHold:
    case Transfer::Void:
    case Transfer::PostedHold:
    case Transfer::Post: return {Account::Bounded, Account::Spender};
    case Transfer::ExpiredHold:
    case Transfer::PartialHold:
    case Transfer::PartialPost: return {Account::Bank, Account::Spender};
    case Transfer::ClosingHold: return {Account::Bank, Account::Closing};
    case Transfer::Failed:
    case Transfer::Missing: return {Account::Missing, Account::Bank};
  }
  return {};
}

u64 SmallWorld::prepared_ns() const { return start_ns_ + kExpireAt; }

u64 SmallWorld::due_ns() const { return start_ns_ + kTransfersAt + kDuePlace + kNsPerSecond; }

ledger::Transfer SmallWorld::move(Transfer which, Sides sides, u128 amount, u16 flags) const {
  ledger::Transfer event{};
  event.id = transfer(which);
  event.debit_account_id = account(sides.debit);
  event.credit_account_id = account(sides.credit);
  event.amount = amount;
  event.ledger = kLedger;
  event.code = 1;
  event.flags = flags;
  return event;
}

ledger::Transfer SmallWorld::resolve(Transfer which, Transfer hold, u128 amount, u16 flags) const {
  ledger::Transfer event{};
  event.id = transfer(which);
  event.pending_id = transfer(hold);
  event.amount = amount;
  event.flags = flags;
  return event;
}

std::vector<ledger::Account> SmallWorld::accounts() const {
  std::vector<ledger::Account> events;
  const auto add = [&](Account which, u16 flags, u32 ledger) {
    ledger::Account event{};
    event.id = account(which);
    event.ledger = ledger;
    event.code = 1;
    event.flags = flags;
    events.push_back(event);
  };
  add(Account::Spender, 0, kLedger);
  add(Account::Bounded, account_flags::kDebitsMustNotExceedCredits, kLedger);
  add(Account::Cash, account_flags::kCreditsMustNotExceedDebits, kLedger);
  add(Account::Bank, 0, kLedger);
  add(Account::Foreign, 0, kLedger + 1);
  add(Account::Closing, 0, kLedger);
  return events;
}

std::vector<ledger::AccountUpdate> SmallWorld::updates() const {
  std::vector<ledger::AccountUpdate> events(3);
  for (u32 index = 0; index < events.size(); ++index) {
    events[index].id = base_ + kUpdates + index;
    events[index].reason_length = 4;
    std::memcpy(events[index].reason, "test", 4);
  }
  events[0].account_id = account(Account::Spender);
  events[0].changes = account_changes::kSetVelocityLimit | account_changes::kSetTransferLimit;
  events[0].velocity_window = 60;
  events[0].velocity_sum_limit = 4;
  events[0].velocity_count_limit = 3;
  events[0].transfer_limit = 2;
  events[1].account_id = account(Account::Bounded);
  events[1].changes = account_changes::kSetOverdraftLimit;
  events[1].overdraft_limit = 1;
  events[2].account_id = account(Account::Cash);
  events[2].changes = account_changes::kSetBalanceLimit;
  events[2].balance_limit = 2;
  return events;
}

std::vector<ledger::Transfer> SmallWorld::transfers() const {
  using enum Account;
  std::vector<ledger::Transfer> events;
  const auto feed = [&](Sides sides, u128 amount) {
    events.push_back(move(Transfer::Plain, sides, amount));
    events.back().id = base_ + kFeed + events.size();
  };
  events.push_back(move(Transfer::Plain, sides_of(Transfer::Plain), 4));
  feed({Cash, Bank}, 3);
  feed({Bank, Cash}, 2);
  feed({Bounded, Bank}, 1);
  feed({Spender, Bank}, 1);
  const auto hold = [&](Transfer which, u128 amount, u16 flags = 0) {
    events.push_back(
        move(which, sides_of(which), amount, static_cast<u16>(transfer_flags::kPending | flags)));
  };
  hold(Transfer::VoidedHold, 1);
  events.push_back(
      resolve(Transfer::Void, Transfer::VoidedHold, 0, transfer_flags::kVoidPendingTransfer));
  hold(Transfer::PostedHold, 1);
  events.push_back(resolve(Transfer::Post, Transfer::PostedHold, ledger::kAmountMax,
                           transfer_flags::kPostPendingTransfer));
  hold(Transfer::OpenHold, 2);
  events.back().user_data_128 = 7;
  events.back().user_data_64 = 8;
  hold(Transfer::PartialHold, 3);
  events.push_back(resolve(Transfer::PartialPost, Transfer::PartialHold, 1,
                           transfer_flags::kPostPendingTransfer | transfer_flags::kCapturePartial));
  events.push_back(move(Transfer::Failed, sides_of(Transfer::Failed), 1));
  CHECK(events.size() == kDuePlace);
  hold(Transfer::DueHold, 2);
  events.back().timeout = 1;
  hold(Transfer::ClosingHold, 0, transfer_flags::kClosingCredit);
  events.back().timeout = 1;
  return events;
}

void SmallWorld::prepare(const std::function<void(OwnedRequest, u64)>& ask) const {
  ask(OwnedRequest::create_accounts(accounts()), start_ns_);
  ask(OwnedRequest::update_accounts(updates()), start_ns_ + kUpdatesAt);
  ledger::Transfer expired =
      move(Transfer::ExpiredHold, sides_of(Transfer::ExpiredHold), 5, transfer_flags::kPending);
  expired.timeout = 1;
  ask(OwnedRequest::create_transfers({&expired, 1}), start_ns_ + kFirstHoldAt);
  ask(OwnedRequest::create_transfers(transfers()), start_ns_ + kTransfersAt);
  ask(OwnedRequest::tick(), start_ns_ + kExpireAt);
}

std::vector<OwnedRequest> SmallWorld::lookups() const {
  std::vector<u128> accounts;
  for (u32 place = 0; place <= static_cast<u32>(Account::Missing); ++place) {
    accounts.push_back(account(static_cast<Account>(place)));
  }
  std::vector<u128> transfers;
  for (u32 place = 0; place <= static_cast<u32>(Transfer::Missing); ++place) {
    transfers.push_back(transfer(static_cast<Transfer>(place)));
  }
  for (u32 index = 0; index < kEventsMax; ++index) transfers.push_back(event_id(index));
  ledger::QueryFilter newest;
  newest.flags = ledger::QueryFilter::kNewestFirst;
  newest.limit = static_cast<u32>(Account::Missing);
  std::vector<OwnedRequest> requests;
  requests.push_back(OwnedRequest::query_accounts(newest));
  requests.push_back(OwnedRequest::lookup_accounts(accounts));
  requests.push_back(OwnedRequest::lookup_transfers(transfers));
  requests.push_back(OwnedRequest::lookup_limits(accounts));
  return requests;
}

}  // namespace florin::test
