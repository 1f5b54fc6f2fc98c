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
                          transfer_flags::kCapturePartial};
  for (usize bit = 0; bit < std::size(account); ++bit) EXPECT_EQ(account[bit], 1 << bit);
  for (usize bit = 0; bit < std::size(transfer); ++bit) EXPECT_EQ(transfer[bit], 1 << bit);
  EXPECT_EQ(account_flags::kDefined, (1 << std::size(account)) - 1);
  EXPECT_EQ(transfer_flags::kDefined, (1 << std::size(transfer)) - 1);
}

TEST(Operation, names_each_kind_and_tells_writes_from_reads) {
  EXPECT_EQ(name(Operation::CreateAccounts), "create_accounts");
  EXPECT_EQ(name(Operation::CreateTransfers), "create_transfers");
  EXPECT_EQ(name(Operation::LookupAccounts), "lookup_accounts");
  EXPECT_EQ(name(Operation::LookupTransfers), "lookup_transfers");
  EXPECT_EQ(name(Operation::GetTrialBalance), "get_trial_balance");
  EXPECT_TRUE(is_write(Operation::CreateAccounts));
  EXPECT_TRUE(is_write(Operation::CreateTransfers));
  EXPECT_FALSE(is_write(Operation::LookupAccounts));
  EXPECT_FALSE(is_write(Operation::LookupTransfers));
  EXPECT_FALSE(is_write(Operation::GetTrialBalance));
}

TEST(Request, forgets_its_answer_and_keeps_its_question) {
  Request request;
  request.operation = Operation::LookupAccounts;
  request.event_count = 3;
  request.trace_id = 4;
  request.number = 5;
  request.refusal = RefusalCode::Busy;
  request.refusal_message = "later";
  request.position = Position{6};
  request.timestamp = Timestamp{7};
  request.exceptions.resize(1);
  request.accounts.resize(1);
  request.transfers.resize(1);
  request.transfer_outcomes.resize(1);
  request.totals.resize(1);
  request.more_totals = true;

  request.clear_answer();

  EXPECT_EQ(request.refusal, RefusalCode::None);
  EXPECT_EQ(request.refusal_message, "");
  EXPECT_EQ(request.position, Position{0});
  EXPECT_EQ(request.timestamp, Timestamp{0});
  EXPECT_TRUE(request.exceptions.empty() && request.accounts.empty() && request.transfers.empty());
  EXPECT_TRUE(request.transfer_outcomes.empty() && request.totals.empty());
  EXPECT_FALSE(request.more_totals);
  EXPECT_EQ(request.operation, Operation::LookupAccounts);
  EXPECT_EQ(request.event_count, 3u);
  EXPECT_EQ(request.trace_id, 4u);
  EXPECT_EQ(request.number, 5u);
}

TEST(RefusalCode, has_a_name_of_its_own_for_each_number) {
  std::vector<std::string_view> names;
  for (u16 number = 0; number <= 15; ++number) {
    const std::string_view text = name(static_cast<RefusalCode>(number));
    EXPECT_NE(text, "unknown") << number;
    EXPECT_EQ(std::count(names.begin(), names.end(), text), 0) << text;
    names.push_back(text);
  }
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
