#include "tests/statement/statement_world.h"

#include <gtest/gtest.h>

#include "base/check.h"
#include "tests/support/owned_request.h"

namespace florin::test {

namespace flags = ledger::transfer_flags;

u64 time_at(std::string_view text) {
  CHECK(text.size() == 16);
  const auto day = statement::parse_day(text.substr(0, 10));
  CHECK(day.has_value());
  const u64 hour = std::stoull(std::string(text.substr(11, 2)));
  const u64 minute = std::stoull(std::string(text.substr(14, 2)));
  return (static_cast<u64>(statement::day_number(*day)) * 86'400 + hour * 3'600 + minute * 60) *
         kNsPerSecond;
}

void StatementWorld::apply(ledger::Request& request, u64 at) {
  reference_.apply(request, Timestamp{at});
  CHECK(request.exceptions.empty());
  changes_.follow(request, reference_);
  const Status appended = store_.append(changes_.take());
  CHECK(appended.has_value());
}

void StatementWorld::account(u128 id, u64 at, u32 ledger) {
  ledger::Account account = simple_account(id);
  account.ledger = ledger;
  OwnedRequest request = OwnedRequest::create_accounts({&account, 1});
  apply(request.request(), at);
}

void StatementWorld::transfer(ledger::Transfer event, u64 at) {
  const bool resolves = (event.flags & flags::kNamesEarlier) != 0;
  if (event.ledger == 0 && !resolves) event.ledger = 978;
  if (event.code == 0 && !resolves) event.code = 14;
  OwnedRequest request = OwnedRequest::create_transfers({&event, 1});
  apply(request.request(), at);
}

void StatementWorld::pay(u128 id, u128 debit, u128 credit, u128 amount, u64 at, u16 flags,
                         u128 earlier) {
  ledger::Transfer event{};
  event.id = id;
  event.debit_account_id = debit;
  event.credit_account_id = credit;
  event.amount = amount;
  event.flags = flags;
  event.pending_id = earlier;
  transfer(event, at);
}

void StatementWorld::tick(u64 at) {
  OwnedRequest request = OwnedRequest::tick();
  apply(request.request(), at);
}

Result<std::optional<statement::Statement>> StatementWorld::build(
    const statement::Reference& reference, std::string_view period, u128 account) {
  const auto parsed = statement::parse_period(reference.calendar(), period);
  CHECK(parsed.has_value());
  statement::StatementBuilder builder(reference, *parsed, store_.readable(), answer());
  return builder.build(account);
}

void fill(StatementWorld& world) {
  world.account(1, time_at("2026-09-01T08:00"));
  world.account(101, time_at("2026-09-10T08:00"));
  world.pay(1, 1, 101, 10'000, time_at("2026-09-12T08:00"));
  world.account(102, time_at("2026-09-30T22:30"));  // October in Berlin.
  world.pay(2, 101, 102, 2'500, time_at("2026-10-01T00:00"));
  world.pay(3, 101, 1, 1'000, time_at("2026-10-02T09:30"), flags::kPending);
  world.pay(4, 101, 1, 700, time_at("2026-10-03T09:30"), flags::kPending);
  world.pay(5, 0, 0, 400, time_at("2026-10-04T09:30"),
            flags::kPostPendingTransfer | flags::kCapturePartial, 3);
  world.pay(6, 0, 0, 0, time_at("2026-10-05T09:30"), flags::kVoidPendingTransfer, 4);
  world.pay(7, 1, 101, 123, time_at("2026-10-25T01:30"));
  world.pay(8, 0, 0, ledger::kAmountMax, time_at("2026-10-31T22:59"), flags::kReversal, 2);
  world.account(103, time_at("2026-11-02T08:00"));
  world.pay(9, 101, 103, 1'000, time_at("2026-11-03T08:00"));
}

}  // namespace florin::test
