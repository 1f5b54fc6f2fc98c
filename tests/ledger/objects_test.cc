// The objects' layout, the flags' bits, the kinds of request, and sums wider than 128 bits.
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "ledger/request.h"

namespace florin::ledger {
namespace {

// A field's offset and width, found by writing all ones into it.
template <class Object, class Field>
std::pair<usize, usize> place_of(Field Object::*field) {
  Object object;
  std::memset(static_cast<void*>(&object), 0, sizeof(object));
  object.*field = static_cast<Field>(~Field{0});
  unsigned char bytes[sizeof(Object)];
  std::memcpy(bytes, &object, sizeof(object));
  usize first = 0;
  while (bytes[first] == 0) ++first;
  usize last = sizeof(Object) - 1;
  while (bytes[last] == 0) --last;
  return {first, last - first + 1};
}

using Place = std::pair<usize, usize>;

TEST(Account, lays_its_fields_out_as_documented) {
  EXPECT_EQ(sizeof(Account), 128u);
  EXPECT_EQ(place_of(&Account::id), Place(0, 16));
  EXPECT_EQ(place_of(&Account::debits_pending), Place(16, 16));
  EXPECT_EQ(place_of(&Account::debits_posted), Place(32, 16));
  EXPECT_EQ(place_of(&Account::credits_pending), Place(48, 16));
  EXPECT_EQ(place_of(&Account::credits_posted), Place(64, 16));
  EXPECT_EQ(place_of(&Account::user_data_128), Place(80, 16));
  EXPECT_EQ(place_of(&Account::user_data_64), Place(96, 8));
  EXPECT_EQ(place_of(&Account::user_data_32), Place(104, 4));
  EXPECT_EQ(place_of(&Account::reserved), Place(108, 4));
  EXPECT_EQ(place_of(&Account::ledger), Place(112, 4));
  EXPECT_EQ(place_of(&Account::code), Place(116, 2));
  EXPECT_EQ(place_of(&Account::flags), Place(118, 2));
  EXPECT_EQ(place_of(&Account::timestamp), Place(120, 8));
}

TEST(Transfer, lays_its_fields_out_as_documented) {
  EXPECT_EQ(sizeof(Transfer), 128u);
  EXPECT_EQ(place_of(&Transfer::id), Place(0, 16));
  EXPECT_EQ(place_of(&Transfer::debit_account_id), Place(16, 16));
  EXPECT_EQ(place_of(&Transfer::credit_account_id), Place(32, 16));
  EXPECT_EQ(place_of(&Transfer::amount), Place(48, 16));
  EXPECT_EQ(place_of(&Transfer::pending_id), Place(64, 16));
  EXPECT_EQ(place_of(&Transfer::user_data_128), Place(80, 16));
  EXPECT_EQ(place_of(&Transfer::user_data_64), Place(96, 8));
  EXPECT_EQ(place_of(&Transfer::user_data_32), Place(104, 4));
  EXPECT_EQ(place_of(&Transfer::timeout), Place(108, 4));
  EXPECT_EQ(place_of(&Transfer::ledger), Place(112, 4));
  EXPECT_EQ(place_of(&Transfer::code), Place(116, 2));
  EXPECT_EQ(place_of(&Transfer::flags), Place(118, 2));
  EXPECT_EQ(place_of(&Transfer::timestamp), Place(120, 8));
}

TEST(AccountUpdate, lays_its_fields_out_as_documented) {
  EXPECT_EQ(sizeof(AccountUpdate), 256u);
  EXPECT_EQ(place_of(&AccountUpdate::id), Place(0, 16));
  EXPECT_EQ(place_of(&AccountUpdate::account_id), Place(16, 16));
  EXPECT_EQ(place_of(&AccountUpdate::user_data_128), Place(32, 16));
  EXPECT_EQ(place_of(&AccountUpdate::overdraft_limit), Place(48, 16));
  EXPECT_EQ(place_of(&AccountUpdate::balance_limit), Place(64, 16));
  EXPECT_EQ(place_of(&AccountUpdate::transfer_limit), Place(80, 16));
  EXPECT_EQ(place_of(&AccountUpdate::velocity_sum_limit), Place(96, 16));
  EXPECT_EQ(place_of(&AccountUpdate::user_data_64), Place(112, 8));
  EXPECT_EQ(place_of(&AccountUpdate::user_data_32), Place(120, 4));
  EXPECT_EQ(place_of(&AccountUpdate::changes), Place(124, 4));
  EXPECT_EQ(place_of(&AccountUpdate::velocity_window), Place(128, 4));
  EXPECT_EQ(place_of(&AccountUpdate::velocity_count_limit), Place(132, 4));
  EXPECT_EQ(place_of(&AccountUpdate::flags), Place(136, 2));
  EXPECT_EQ(place_of(&AccountUpdate::reason_length), Place(138, 2));
  EXPECT_EQ(place_of(&AccountUpdate::reserved), Place(140, 4));
  EXPECT_EQ(offsetof(AccountUpdate, reason), 144u);
  EXPECT_EQ(sizeof(AccountUpdate::reason), 104u);
  EXPECT_EQ(place_of(&AccountUpdate::timestamp), Place(248, 8));
}

TEST(AccountChange, lays_its_fields_out_as_documented) {
  EXPECT_EQ(sizeof(AccountChange), 288u);
  EXPECT_EQ(offsetof(AccountChange, update), 0u);
  EXPECT_EQ(place_of(&AccountChange::trace_id), Place(256, 16));
  EXPECT_EQ(place_of(&AccountChange::principal), Place(272, 8));
  EXPECT_EQ(place_of(&AccountChange::reserved), Place(280, 8));
}

TEST(AccountLimits, lays_its_fields_out_as_documented) {
  EXPECT_EQ(sizeof(AccountLimits), 128u);
  EXPECT_EQ(place_of(&AccountLimits::account_id), Place(0, 16));
  EXPECT_EQ(place_of(&AccountLimits::overdraft_limit), Place(16, 16));
  EXPECT_EQ(place_of(&AccountLimits::balance_limit), Place(32, 16));
  EXPECT_EQ(place_of(&AccountLimits::transfer_limit), Place(48, 16));
  EXPECT_EQ(place_of(&AccountLimits::velocity_sum_limit), Place(64, 16));
  EXPECT_EQ(place_of(&AccountLimits::velocity_sum_used), Place(80, 16));
  EXPECT_EQ(place_of(&AccountLimits::velocity_window), Place(96, 4));
  EXPECT_EQ(place_of(&AccountLimits::velocity_count_limit), Place(100, 4));
  EXPECT_EQ(place_of(&AccountLimits::velocity_count_used), Place(104, 4));
  EXPECT_EQ(place_of(&AccountLimits::set), Place(108, 4));
  EXPECT_EQ(place_of(&AccountLimits::timestamp), Place(112, 8));
  EXPECT_EQ(place_of(&AccountLimits::reserved), Place(120, 8));
}

TEST(TransferStatus, lays_its_fields_out_as_documented) {
  EXPECT_EQ(sizeof(TransferStatus), 32u);
  EXPECT_EQ(place_of(&TransferStatus::remaining), Place(0, 16));
  EXPECT_EQ(place_of(&TransferStatus::expires_at), Place(16, 8));
  EXPECT_EQ(place_of(&TransferStatus::outcome), Place(24, 1));
  EXPECT_EQ(place_of(&TransferStatus::pending_status), Place(25, 1));
  EXPECT_EQ(place_of(&TransferStatus::reversed), Place(26, 1));
}

TEST(TransferBalances, lays_its_fields_out_as_documented) {
  EXPECT_EQ(sizeof(TransferBalances), 128u);
  EXPECT_EQ(place_of(&TransferBalances::debit_account_debits_pending), Place(0, 16));
  EXPECT_EQ(place_of(&TransferBalances::debit_account_debits_posted), Place(16, 16));
  EXPECT_EQ(place_of(&TransferBalances::debit_account_credits_pending), Place(32, 16));
  EXPECT_EQ(place_of(&TransferBalances::debit_account_credits_posted), Place(48, 16));
  EXPECT_EQ(place_of(&TransferBalances::credit_account_debits_pending), Place(64, 16));
  EXPECT_EQ(place_of(&TransferBalances::credit_account_debits_posted), Place(80, 16));
  EXPECT_EQ(place_of(&TransferBalances::credit_account_credits_pending), Place(96, 16));
  EXPECT_EQ(place_of(&TransferBalances::credit_account_credits_posted), Place(112, 16));
}

TEST(Condition, lays_its_fields_out_as_documented) {
  EXPECT_EQ(sizeof(Condition), 48u);
  EXPECT_EQ(place_of(&Condition::minimum), Place(0, 16));
  EXPECT_EQ(place_of(&Condition::maximum), Place(16, 16));
  EXPECT_EQ(place_of(&Condition::index), Place(32, 4));
  EXPECT_EQ(place_of(&Condition::side), Place(36, 2));
  EXPECT_EQ(place_of(&Condition::bounds), Place(38, 2));
  EXPECT_EQ(place_of(&Condition::reserved), Place(40, 8));
  EXPECT_EQ(static_cast<u16>(Condition::Side::Debit), 1);
  EXPECT_EQ(static_cast<u16>(Condition::Side::Credit), 2);
  EXPECT_EQ(Condition::kAtLeast, 1);
  EXPECT_EQ(Condition::kAtMost, 2);
}

TEST(PendingStatus, has_numbers_that_travel) {
  EXPECT_EQ(static_cast<u8>(PendingStatus::None), 0);
  EXPECT_EQ(static_cast<u8>(PendingStatus::Pending), 1);
  EXPECT_EQ(static_cast<u8>(PendingStatus::Posted), 2);
  EXPECT_EQ(static_cast<u8>(PendingStatus::Voided), 3);
  EXPECT_EQ(static_cast<u8>(PendingStatus::Expired), 4);
}

TEST(AccountChanges, have_the_bits_of_the_page) {
  const u32 changes[] = {account_changes::kFreezeDebits,        account_changes::kUnfreezeDebits,
                         account_changes::kFreezeCredits,       account_changes::kUnfreezeCredits,
                         account_changes::kSetUserData128,      account_changes::kSetUserData64,
                         account_changes::kSetUserData32,       account_changes::kSetOverdraftLimit,
                         account_changes::kClearOverdraftLimit, account_changes::kSetBalanceLimit,
                         account_changes::kClearBalanceLimit,   account_changes::kSetTransferLimit,
                         account_changes::kClearTransferLimit,  account_changes::kSetVelocityLimit,
                         account_changes::kClearVelocityLimit};
  for (usize bit = 0; bit < std::size(changes); ++bit) EXPECT_EQ(changes[bit], 1u << bit);
  EXPECT_EQ(account_changes::kDefined, (1u << std::size(changes)) - 1);
}

TEST(Flags, have_the_bits_of_the_page) {
  const u16 account[] = {account_flags::kLinked,
                         account_flags::kDebitsMustNotExceedCredits,
                         account_flags::kCreditsMustNotExceedDebits,
                         account_flags::kHistory,
                         account_flags::kImported,
                         account_flags::kClosed,
                         account_flags::kFrozenDebits,
                         account_flags::kFrozenCredits};
  const u16 transfer[] = {transfer_flags::kLinked,
                          transfer_flags::kPending,
                          transfer_flags::kPostPendingTransfer,
                          transfer_flags::kVoidPendingTransfer,
                          transfer_flags::kBalancingDebit,
                          transfer_flags::kBalancingCredit,
                          transfer_flags::kClosingDebit,
                          transfer_flags::kClosingCredit,
                          transfer_flags::kImported,
                          transfer_flags::kCapturePartial,
                          transfer_flags::kReversal};
  for (usize bit = 0; bit < std::size(account); ++bit) EXPECT_EQ(account[bit], 1 << bit);
  for (usize bit = 0; bit < std::size(transfer); ++bit) EXPECT_EQ(transfer[bit], 1 << bit);
  EXPECT_EQ(account_flags::kDefined, (1 << std::size(account)) - 1);
  EXPECT_EQ(transfer_flags::kDefined, (1 << std::size(transfer)) - 1);
}

// Every kind of request, with the bytes of one of its events, or ids.
struct Kind {
  Operation operation;
  u16 number;
  std::string_view name;
  bool write;
  usize event_bytes;
};

constexpr Kind kKinds[] = {
    {Operation::CreateAccounts, 1, "create_accounts", true, 128},
    {Operation::CreateTransfers, 2, "create_transfers", true, 128},
    {Operation::LookupAccounts, 3, "lookup_accounts", false, 16},
    {Operation::LookupTransfers, 4, "lookup_transfers", false, 16},
    {Operation::GetTrialBalance, 5, "get_trial_balance", false, 0},
    {Operation::UpdateAccounts, 6, "update_accounts", true, 256},
    {Operation::LookupLimits, 7, "lookup_limits", false, 16},
    {Operation::QueryAccounts, 8, "query_accounts", false, 0},
    {Operation::QueryTransfers, 9, "query_transfers", false, 0},
    {Operation::GetAccountChanges, 10, "get_account_changes", false, 0},
    {Operation::Tick, 11, "tick", true, 0},
    {Operation::GetAccountTransfers, 13, "get_account_transfers", false, 0},
    {Operation::GetAccountBalances, 14, "get_account_balances", false, 0},
    {Operation::GetBalanceAt, 15, "get_balance_at", false, 16},
    {Operation::GetChangeEvents, 16, "get_change_events", false, 0},
    {Operation::GetStatement, 17, "get_statement", false, 0},
};

TEST(Operation, has_its_number_its_name_and_its_size_and_is_a_write_or_a_read) {
  for (const Kind& kind : kKinds) {
    EXPECT_EQ(static_cast<u16>(kind.operation), kind.number) << kind.name;
    EXPECT_EQ(name(kind.operation), kind.name);
    EXPECT_EQ(is_write(kind.operation), kind.write) << kind.name;
    EXPECT_EQ(event_bytes(kind.operation), kind.event_bytes) << kind.name;
    EXPECT_EQ(is_of_history(kind.operation), kind.number >= 13) << kind.name;
  }
}

// A frame is 1 MiB.
TEST(Operation, carries_no_more_than_fits_a_frame) {
  for (const Kind& kind : kKinds) {
    EXPECT_LT(events_max(kind.operation) * kind.event_bytes, kMiB) << kind.name;
  }
  EXPECT_EQ(events_max(Operation::CreateTransfers), 8189u);
  EXPECT_EQ(events_max(Operation::UpdateAccounts), 4093u);
}

TEST(Request, is_logged_if_it_is_a_write_and_no_dry_run) {
  for (const Kind& kind : kKinds) {
    Request request;
    request.operation = kind.operation;
    EXPECT_EQ(request.is_logged(), kind.write) << kind.name;
  }
  Request request;
  request.operation = Operation::CreateTransfers;
  request.dry_run = true;
  EXPECT_FALSE(request.is_logged());
}

TEST(Request, forgets_its_answer_and_keeps_its_question) {
  Request request;
  request.operation = Operation::CreateTransfers;
  request.event_count = 3;
  request.condition_count = 2;
  request.dry_run = true;
  request.wants_balances = true;
  request.trial_balance_filter.limit = 8;
  request.filter.limit = 9;
  request.trace_id = 4;
  request.principal = 10;
  request.number = 5;
  request.refusal = RefusalCode::Busy;
  request.refusal_message = "later";
  request.position = Position{6};
  request.timestamp = Timestamp{7};
  request.exceptions.resize(1);
  request.balances.resize(1);
  request.accounts.resize(1);
  request.transfers.resize(1);
  request.transfer_statuses.resize(1);
  request.limits.resize(1);
  request.changes.resize(1);
  request.change_events.resize(1);
  request.account_balances.resize(1);
  request.needs_history = true;
  request.next_cursor = {1, 2, 3};
  request.totals.resize(1);
  request.more = true;

  request.clear_answer();

  EXPECT_EQ(request.refusal, RefusalCode::None);
  EXPECT_EQ(request.refusal_message, "");
  EXPECT_EQ(request.position, Position{0});
  EXPECT_EQ(request.timestamp, Timestamp{0});
  EXPECT_TRUE(request.exceptions.empty() && request.balances.empty());
  EXPECT_TRUE(request.accounts.empty() && request.transfers.empty());
  EXPECT_TRUE(request.transfer_statuses.empty() && request.totals.empty());
  EXPECT_TRUE(request.limits.empty() && request.changes.empty());
  EXPECT_TRUE(request.change_events.empty() && request.account_balances.empty());
  EXPECT_FALSE(request.needs_history);
  EXPECT_EQ(request.next_cursor, QueryCursor{});
  EXPECT_FALSE(request.more);
  EXPECT_EQ(request.operation, Operation::CreateTransfers);
  EXPECT_EQ(request.event_count, 3u);
  EXPECT_EQ(request.condition_count, 2u);
  EXPECT_TRUE(request.dry_run && request.wants_balances);
  EXPECT_EQ(request.trial_balance_filter.limit, 8u);
  EXPECT_EQ(request.filter.limit, 9u);
  EXPECT_EQ(request.trace_id, 4u);
  EXPECT_EQ(request.principal, 10u);
  EXPECT_EQ(request.number, 5u);
}

TEST(RefusalCode, has_a_name_of_its_own_for_each_number) {
  std::vector<std::string_view> names;
  for (u16 number = 0; number <= 19; ++number) {
    const std::string_view text = name(static_cast<RefusalCode>(number));
    EXPECT_NE(text, "unknown") << number;
    EXPECT_EQ(std::count(names.begin(), names.end(), text), 0) << text;
    names.push_back(text);
  }
  EXPECT_EQ(name(static_cast<RefusalCode>(20)), "unknown");
}

WideSum wide(u64 high, u64 middle, u64 low) {
  WideSum sum;
  sum.words[0] = low;
  sum.words[1] = middle;
  sum.words[2] = high;
  return sum;
}

TEST(WideSum, carries_into_the_third_word) {
  WideSum sum;
  sum.add(kU128Max);
  EXPECT_EQ(sum, wide(0, ~u64{0}, ~u64{0}));
  sum.add(1);
  EXPECT_EQ(sum, wide(1, 0, 0));
  sum.add(make_u128(1, ~u64{0}));
  EXPECT_EQ(sum, wide(1, 1, ~u64{0}));
  sum.add(1);
  EXPECT_EQ(sum, wide(1, 2, 0));
  for (int times = 0; times < 4; ++times) sum.add(kU128Max);
  EXPECT_EQ(sum, wide(5, 1, ~u64{0} - 3));
}

TEST(WideSum, adds_sums_as_it_adds_their_parts) {
  const u64 seed = 20'240'601;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  WideSum all;
  WideSum parts[3];
  for (int times = 0; times < 3000; ++times) {
    // Long runs of ones and zeros, where carries are.
    const u128 amount =
        random.chance(1, 2) ? kU128Max << random.below(128) : kU128Max >> random.below(128);
    all.add(amount);
    parts[random.below(3)].add(amount);
  }
  WideSum together;
  for (const WideSum& part : parts) together.add(part);
  EXPECT_EQ(together, all);
  EXPECT_GT(all.words[2], 0u);
}

TEST(WideSum, keeps_the_carry_when_both_sums_are_full) {
  WideSum sum = wide(7, ~u64{0}, ~u64{0});
  sum.add(wide(1, ~u64{0}, ~u64{0}));
  EXPECT_EQ(sum, wide(9, ~u64{0}, ~u64{0} - 1));
  sum.add(wide(0, 0, 1));
  EXPECT_EQ(sum, wide(9, ~u64{0}, ~u64{0}));
  sum.add(wide(0, 0, 1));
  EXPECT_EQ(sum, wide(10, 0, 0));
}

}  // namespace
}  // namespace florin::ledger
