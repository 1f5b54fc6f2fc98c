// The ledger's checks of shape and its comparison of events, against those of the reference.
#include "ledger/validation.h"

#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/support/reference_checks.h"

namespace florin::test {
namespace {

using ledger::Account;
using ledger::AccountOutcome;
using ledger::Transfer;
using ledger::TransferOutcome;

constexpr int kEvents = 200'000;
constexpr u64 kSeed = 77;

// Zero, all ones, or one bit, so that no bit of a field may be overlooked.
template <class Field>
Field edge(Random& random, Field usual) {
  const u64 kind = random.below(10);
  if (kind == 0) return 0;
  if (kind == 1) return static_cast<Field>(~Field{0});
  if (kind == 2) return static_cast<Field>(Field{1} << random.below(sizeof(Field) * 8));
  return usual;
}

// Mostly clean, so that late checks are reached as well as early ones.
template <class Field>
Field mostly_zero(Random& random) {
  return random.chance(1, 12) ? edge(random, Field{1}) : Field{0};
}

u16 flags(Random& random, u16 built, u16 defined) {
  u16 bits = static_cast<u16>(random.next() & built);
  if (random.chance(1, 12)) bits |= static_cast<u16>(random.next() & static_cast<u16>(~defined));
  return random.chance(1, 3) ? 0 : bits;
}

Account random_account(Random& random) {
  Account account{};
  account.id = edge(random, u128{5});
  account.debits_pending = mostly_zero<u128>(random);
  account.debits_posted = mostly_zero<u128>(random);
  account.credits_pending = mostly_zero<u128>(random);
  account.credits_posted = mostly_zero<u128>(random);
  account.user_data_128 = mostly_zero<u128>(random);
  account.user_data_64 = mostly_zero<u64>(random);
  account.user_data_32 = mostly_zero<u32>(random);
  account.reserved = mostly_zero<u32>(random);
  account.ledger = edge(random, u32{1});
  account.code = edge(random, u16{1});
  account.flags = flags(random, ledger::account_flags::kBuilt, ledger::account_flags::kDefined);
  account.timestamp = mostly_zero<u64>(random);
  return account;
}

Transfer random_transfer(Random& random) {
  Transfer transfer{};
  transfer.id = edge(random, u128{5});
  transfer.debit_account_id = edge(random, u128{6});
  transfer.credit_account_id = edge(random, u128{7});
  transfer.amount = edge(random, u128{100});
  transfer.pending_id = mostly_zero<u128>(random);
  transfer.user_data_128 = mostly_zero<u128>(random);
  transfer.user_data_64 = mostly_zero<u64>(random);
  transfer.user_data_32 = mostly_zero<u32>(random);
  transfer.timeout = mostly_zero<u32>(random);
  transfer.ledger = edge(random, u32{1});
  transfer.code = edge(random, u16{1});
  transfer.flags = flags(random, ledger::transfer_flags::kBuilt, ledger::transfer_flags::kDefined);
  transfer.timestamp = mostly_zero<u64>(random);
  return transfer;
}

TEST(CheckShape, answers_as_the_reference_for_any_account) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::set<AccountOutcome> seen;
  for (int count = 0; count < kEvents; ++count) {
    const Account account = random_account(random);
    const AccountOutcome expected = reference_shape(account);
    ASSERT_EQ(check_shape(account), expected) << name(expected) << " at event " << count;
    seen.insert(expected);
  }
  EXPECT_EQ(seen.size(), 13u);
}

TEST(CheckShape, answers_as_the_reference_for_any_transfer) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::set<TransferOutcome> seen;
  for (int count = 0; count < kEvents; ++count) {
    const Transfer transfer = random_transfer(random);
    const TransferOutcome expected = reference_shape(transfer);
    ASSERT_EQ(check_shape(transfer), expected) << name(expected) << " at event " << count;
    seen.insert(expected);
  }
  EXPECT_EQ(seen.size(), 14u);
}

TEST(CompareWithExisting, answers_as_the_reference_for_any_two_accounts) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::set<AccountOutcome> seen;
  for (int count = 0; count < kEvents; ++count) {
    const Account original = random_account(random);
    Account event = original;
    // One to three fields taken from another account.
    const Account other = random_account(random);
    for (u64 changes = random.between(1, 3); changes > 0; --changes) {
      switch (random.below(8)) {
        case 0: event.flags = other.flags; break;
        case 1: event.user_data_128 = other.user_data_128; break;
        case 2: event.user_data_64 = other.user_data_64; break;
        case 3: event.user_data_32 = other.user_data_32; break;
        case 4: event.ledger = other.ledger; break;
        case 5: event.code = other.code; break;
        case 6: event.debits_posted = other.debits_posted; break;
        case 7: event.timestamp = other.timestamp; break;
      }
    }
    const AccountOutcome expected = reference_compare(event, original);
    ASSERT_EQ(compare_with_existing(event, original), expected) << name(expected);
    seen.insert(expected);
  }
  EXPECT_EQ(seen.size(), 7u);
}

TEST(CompareWithExisting, answers_as_the_reference_for_any_two_transfers) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::set<TransferOutcome> seen;
  for (int count = 0; count < kEvents; ++count) {
    const Transfer original = random_transfer(random);
    Transfer event = original;
    const Transfer other = random_transfer(random);
    for (u64 changes = random.between(1, 3); changes > 0; --changes) {
      switch (random.below(12)) {
        case 0: event.flags = other.flags; break;
        case 1: event.pending_id = other.pending_id; break;
        case 2: event.timeout = other.timeout; break;
        case 3: event.debit_account_id = other.debit_account_id; break;
        case 4: event.credit_account_id = other.credit_account_id; break;
        case 5: event.amount = other.amount; break;
        case 6: event.user_data_128 = other.user_data_128; break;
        case 7: event.user_data_64 = other.user_data_64; break;
        case 8: event.user_data_32 = other.user_data_32; break;
        case 9: event.ledger = other.ledger; break;
        case 10: event.code = other.code; break;
        case 11: event.timestamp = other.timestamp; break;
      }
    }
    const TransferOutcome expected = reference_compare(event, original);
    ASSERT_EQ(compare_with_existing(event, original), expected) << name(expected);
    seen.insert(expected);
  }
  EXPECT_EQ(seen.size(), 12u);
}

// What stands before `exists…` on the page.
TEST(PrecedesExists, divides_the_list_at_the_comparison) {
  EXPECT_TRUE(precedes_exists(AccountOutcome::IdMustNotBeIntMax));
  EXPECT_TRUE(precedes_exists(AccountOutcome::TimestampMustBeZero));
  EXPECT_FALSE(precedes_exists(AccountOutcome::ExistsWithDifferentFlags));
  EXPECT_FALSE(precedes_exists(AccountOutcome::FlagsAreMutuallyExclusive));
  EXPECT_TRUE(precedes_exists(TransferOutcome::IdMustNotBeIntMax));
  EXPECT_TRUE(precedes_exists(TransferOutcome::ReservedFlag));
  EXPECT_FALSE(precedes_exists(TransferOutcome::ExistsWithDifferentFlags));
  EXPECT_FALSE(precedes_exists(TransferOutcome::IdAlreadyFailed));
  EXPECT_FALSE(precedes_exists(TransferOutcome::CodeMustNotBeZero));
}

}  // namespace
}  // namespace florin::test
