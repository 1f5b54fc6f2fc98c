// The generated structs have the same bytes as the ledger's: field by field.
#include <cstring>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "ledger/account.h"
#include "ledger/account_update.h"
#include "ledger/change_event.h"
#include "ledger/condition.h"
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

TEST(Schema, account_update_is_the_ledgers) {
  ledger::AccountUpdate update{};
  update.id = make_u128(1, 2);
  update.account_id = make_u128(3, 4);
  update.user_data_128 = make_u128(5, 6);
  update.overdraft_limit = make_u128(7, 8);
  update.balance_limit = make_u128(9, 10);
  update.transfer_limit = make_u128(11, 12);
  update.velocity_sum_limit = make_u128(13, 14);
  update.user_data_64 = 15;
  update.user_data_32 = 16;
  update.changes = 17;
  update.velocity_window = 18;
  update.velocity_count_limit = 19;
  update.flags = 20;
  update.reason_length = 21;
  update.reserved = 22;
  constexpr u64 kWord = 0x0807'0605'0403'0200;
  for (u64 word = 0; word < 13; ++word) {
    const u64 bytes = kWord + word;
    std::memcpy(update.reason + 8 * word, &bytes, sizeof(bytes));
  }
  update.timestamp = 23;
  const wire::AccountUpdate wire(
      wide(1, 2), wide(3, 4), wide(5, 6), wide(7, 8), wide(9, 10), wide(11, 12), wide(13, 14), 15,
      16, 17, 18, 19, 20, 21, 22, kWord, kWord + 1, kWord + 2, kWord + 3, kWord + 4, kWord + 5,
      kWord + 6, kWord + 7, kWord + 8, kWord + 9, kWord + 10, kWord + 11, kWord + 12, 23);
  expect_same_bytes(wire, update);

  ledger::AccountChange change{};
  change.update = update;
  change.trace_id = make_u128(24, 25);
  change.principal = 26;
  change.reserved = 27;
  expect_same_bytes(wire::AccountChange(wire, wide(24, 25), 26, 27), change);
}

TEST(Schema, account_limits_are_the_ledgers) {
  ledger::AccountLimits limits;
  limits.account_id = make_u128(1, 2);
  limits.overdraft_limit = make_u128(3, 4);
  limits.balance_limit = make_u128(5, 6);
  limits.transfer_limit = make_u128(7, 8);
  limits.velocity_sum_limit = make_u128(9, 10);
  limits.velocity_sum_used = make_u128(11, 12);
  limits.velocity_window = 13;
  limits.velocity_count_limit = 14;
  limits.velocity_count_used = 15;
  limits.set = 16;
  limits.timestamp = 17;
  limits.reserved = 18;
  expect_same_bytes(wire::AccountLimits(wide(1, 2), wide(3, 4), wide(5, 6), wide(7, 8), wide(9, 10),
                                        wide(11, 12), 13, 14, 15, 16, 17, 18),
                    limits);
}

TEST(Schema, condition_status_and_balances_are_the_ledgers) {
  expect_same_bytes(wire::Condition(wide(1, 2), wide(3, 4), 5, 6, 7, 8),
                    ledger::Condition{.minimum = make_u128(1, 2),
                                      .maximum = make_u128(3, 4),
                                      .index = 5,
                                      .side = 6,
                                      .bounds = 7,
                                      .reserved = 8});
  expect_same_bytes(wire::TransferStatus(wide(1, 2), 3, 4, 5, 6, 7, 0x0b0a'0908),
                    ledger::TransferStatus{.remaining = make_u128(1, 2),
                                           .expires_at = 3,
                                           .outcome = 4,
                                           .pending_status = 5,
                                           .reversed = 6,
                                           .reserved = {7, 8, 9, 10, 11}});
  expect_same_bytes(wire::TransferBalances(wide(0, 1), wide(0, 2), wide(0, 3), wide(0, 4),
                                           wide(0, 5), wide(0, 6), wide(0, 7), wide(0, 8)),
                    ledger::TransferBalances{.debit_account_debits_pending = 1,
                                             .debit_account_debits_posted = 2,
                                             .debit_account_credits_pending = 3,
                                             .debit_account_credits_posted = 4,
                                             .credit_account_debits_pending = 5,
                                             .credit_account_debits_posted = 6,
                                             .credit_account_credits_pending = 7,
                                             .credit_account_credits_posted = 8});
}

TEST(Schema, balances_and_changes_of_history_are_the_ledgers) {
  expect_same_bytes(wire::AccountBalance(wide(1, 2), wide(3, 4), wide(5, 6), wide(7, 8),
                                         wide(9, 10), wide(11, 12), 13, 14, 15, 16, 17),
                    ledger::AccountBalance{.account_id = make_u128(1, 2),
                                           .debits_pending = make_u128(3, 4),
                                           .debits_posted = make_u128(5, 6),
                                           .credits_pending = make_u128(7, 8),
                                           .credits_posted = make_u128(9, 10),
                                           .transfer_id = make_u128(11, 12),
                                           .timestamp = 13,
                                           .position = 14,
                                           .index = 15,
                                           .ledger = 16,
                                           .reserved = 17});
  expect_same_bytes(
      wire::ChangeEvent(wide(1, 2), wide(3, 4), 5, 6, 7, 8, 9, 10, 11, 12, 0x100f'0e0d),
      ledger::ChangeEvent{.released = make_u128(1, 2),
                          .remaining = make_u128(3, 4),
                          .position = 5,
                          .timestamp = 6,
                          .index = 7,
                          .object = 8,
                          .kind = 9,
                          .pending_status = 10,
                          .outcome = 11,
                          .reserved = {12, 13, 14, 15, 16}});
}

// Half of the languages that the schema compiler writes have no arrays in structs.
TEST(Schema, has_no_arrays_in_structs) {
  std::ifstream file(FLORIN_SOURCE_DIR "/protocol/florin.fbs");
  ASSERT_TRUE(file.is_open());
  bool in_struct = false;
  u32 fields = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("struct ")) in_struct = true;
    if (line.starts_with("}")) in_struct = false;
    if (!in_struct || !line.ends_with(";")) continue;
    ++fields;
    EXPECT_EQ(line.find('['), std::string::npos) << line;
  }
  EXPECT_GT(fields, 100u);
}

// The numbers travel in every message.
TEST(Schema, kinds_of_requests_and_replies_keep_their_numbers) {
  using wire::ReplyBody;
  using wire::RequestBody;
  constexpr RequestBody kRequests[] = {RequestBody::NONE,
                                       RequestBody::CreateAccounts,
                                       RequestBody::CreateTransfers,
                                       RequestBody::LookupAccounts,
                                       RequestBody::LookupTransfers,
                                       RequestBody::GetTrialBalance,
                                       RequestBody::Ping,
                                       RequestBody::UpdateAccounts,
                                       RequestBody::LookupLimits,
                                       RequestBody::QueryAccounts,
                                       RequestBody::QueryTransfers,
                                       RequestBody::GetAccountChanges,
                                       RequestBody::TakeSnapshot,
                                       RequestBody::PresentWitness,
                                       RequestBody::GetAccountTransfers,
                                       RequestBody::GetAccountBalances,
                                       RequestBody::GetBalanceAt,
                                       RequestBody::GetChangeEvents,
                                       RequestBody::GetStatement};
  constexpr ReplyBody kReplies[] = {ReplyBody::NONE,
                                    ReplyBody::WriteReply,
                                    ReplyBody::AccountsReply,
                                    ReplyBody::TransfersReply,
                                    ReplyBody::TrialBalanceReply,
                                    ReplyBody::ServerInfo,
                                    ReplyBody::ErrorReply,
                                    ReplyBody::LimitsReply,
                                    ReplyBody::AccountChangesReply,
                                    ReplyBody::AccountBalancesReply,
                                    ReplyBody::ChangeEventsReply,
                                    ReplyBody::StatementReply};
  for (usize number = 0; number < std::size(kRequests); ++number) {
    EXPECT_EQ(static_cast<usize>(kRequests[number]), number);
  }
  for (usize number = 0; number < std::size(kReplies); ++number) {
    EXPECT_EQ(static_cast<usize>(kReplies[number]), number);
  }
  EXPECT_EQ(static_cast<usize>(RequestBody::MAX) + 1, std::size(kRequests));
  EXPECT_EQ(static_cast<usize>(ReplyBody::MAX) + 1, std::size(kReplies));
}

}  // namespace
}  // namespace florin
