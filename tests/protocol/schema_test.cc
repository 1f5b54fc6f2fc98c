// The generated structs have the same bytes as the ledger's: field by field.
#include <cstring>

#include <gtest/gtest.h>

#include "ledger/account.h"
#include "ledger/operation.h"
#include "ledger/transfer.h"
#include "protocol/florin.gen.h"

namespace florin {
namespace {

template <class Wire, class Value>
void expect_same_bytes(const Wire& wire, const Value& value) {
  static_assert(sizeof(Wire) == sizeof(Value) && alignof(Wire) == alignof(Value));
  EXPECT_EQ(std::memcmp(&wire, &value, sizeof(value)), 0);
}

wire::UInt128 wide(u64 high, u64 low) { return wire::UInt128(low, high); }

TEST(Schema, account_is_the_ledgers) {
  const wire::Account wire(wide(1, 2), wide(3, 4), wide(5, 6), wide(7, 8), wide(9, 10),
                           wide(11, 12), 13, 14, 15, 16, 17, 18, 19);
  ledger::Account account{};
  account.id = make_u128(1, 2);
  account.debits_pending = make_u128(3, 4);
  account.debits_posted = make_u128(5, 6);
  account.credits_pending = make_u128(7, 8);
  account.credits_posted = make_u128(9, 10);
  account.user_data_128 = make_u128(11, 12);
  account.user_data_64 = 13;
  account.user_data_32 = 14;
  account.reserved = 15;
  account.ledger = 16;
  account.code = 17;
  account.flags = 18;
  account.timestamp = 19;
  expect_same_bytes(wire, account);
}

TEST(Schema, transfer_is_the_ledgers) {
  const wire::Transfer wire(wide(1, 2), wide(3, 4), wide(5, 6), wide(7, 8), wide(9, 10),
                            wide(11, 12), 13, 14, 15, 16, 17, 18, 19);
  ledger::Transfer transfer{};
  transfer.id = make_u128(1, 2);
  transfer.debit_account_id = make_u128(3, 4);
  transfer.credit_account_id = make_u128(5, 6);
  transfer.amount = make_u128(7, 8);
  transfer.pending_id = make_u128(9, 10);
  transfer.user_data_128 = make_u128(11, 12);
  transfer.user_data_64 = 13;
  transfer.user_data_32 = 14;
  transfer.timeout = 15;
  transfer.ledger = 16;
  transfer.code = 17;
  transfer.flags = 18;
  transfer.timestamp = 19;
  expect_same_bytes(wire, transfer);
}

TEST(Schema, event_result_and_totals_are_the_ledgers) {
  expect_same_bytes(wire::EventResult(1, 2, 3),
                    ledger::EventResult{.timestamp = 1, .index = 2, .outcome = 3});
  const wire::LedgerTotals wire(1, 2, 3, wire::WideSum(4, 5, 6), wire::WideSum(7, 8, 9),
                                wire::WideSum(10, 11, 12), wire::WideSum(13, 14, 15));
  ledger::LedgerTotals totals;
  totals.accounts = 1;
  totals.ledger = 2;
  totals.reserved = 3;
  totals.debits_pending = {{4, 5, 6}};
  totals.debits_posted = {{7, 8, 9}};
  totals.credits_pending = {{10, 11, 12}};
  totals.credits_posted = {{13, 14, 15}};
  expect_same_bytes(wire, totals);
}

}  // namespace
}  // namespace florin
