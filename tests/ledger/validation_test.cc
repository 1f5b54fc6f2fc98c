// The ledger's checks of shape and its comparison of events, against those of the reference.
#include "ledger/validation.h"

#include <algorithm>
#include <cstring>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/support/reference_checks.h"

namespace florin::test {
namespace {

using ledger::Account;
using ledger::AccountOutcome;
using ledger::AccountUpdate;
using ledger::Transfer;
using ledger::TransferOutcome;
using ledger::UpdateOutcome;

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

// Few flags, so that most do not exclude each other; now and then one that nobody has defined.
u16 flags(Random& random, u16 defined) {
  if (random.chance(1, 3)) return 0;
  u16 bits = static_cast<u16>(random.next() & random.next() & defined);
  if (random.chance(1, 4)) bits = static_cast<u16>(random.next() & defined);
  if (random.chance(1, 20)) bits |= static_cast<u16>(random.next() & static_cast<u16>(~defined));
  return bits;
}

constexpr u64 kRequestTimestamp = 1'000;

// Of an event that is imported, or not.
u64 timestamp(Random& random, bool imported) {
  if (!imported) return mostly_zero<u64>(random);
  if (random.chance(1, 2)) return random.between(1, kRequestTimestamp - 1);
  const u64 edges[] = {0,
                       1,
                       kRequestTimestamp - 1,
                       kRequestTimestamp,
                       kRequestTimestamp + 1,
                       (u64{1} << 63) - 1,
                       u64{1} << 63,
                       ~u64{0}};
  return edges[random.below(std::size(edges))];
}

// The request of an event: mostly one that it fits, and that begins before any time but 2^63.
struct Contexts {
  ledger::ShapeContext checked;
  ReferenceContext reference;
};

Contexts context_for(Random& random, bool imported) {
  const bool fits = !random.chance(1, 20);
  const u64 first = random.chance(1, 10) ? ~u64{0} : kRequestTimestamp;
  return {{fits == imported, first}, {fits == imported, first}};
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
  account.flags = flags(random, ledger::account_flags::kDefined);
  account.timestamp = timestamp(random, account.flags & ledger::account_flags::kImported);
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
  transfer.flags = flags(random, ledger::transfer_flags::kDefined);
  // Those that name another mostly do so rightly.
  const bool names_another = transfer.flags & ledger::transfer_flags::kNamesEarlier;
  if (names_another) transfer.pending_id = edge(random, random.chance(1, 10) ? u128{5} : u128{9});
  transfer.timestamp = timestamp(random, transfer.flags & ledger::transfer_flags::kImported);
  return transfer;
}

// A value that is mostly there if, and only if, its change is.
template <class Field>
Field value(Random& random, const AccountUpdate& update, u32 change) {
  const bool named = (update.changes & change) != 0;
  if (random.chance(1, 40)) return edge(random, Field{1});
  return named ? edge(random, Field{7}) : Field{0};
}

AccountUpdate random_update(Random& random) {
  using namespace ledger::account_changes;
  AccountUpdate update{};
  update.id = edge(random, u128{5});
  update.account_id = edge(random, u128{6});
  // Few of them, so that most do not exclude each other.
  update.changes = static_cast<u32>(random.next() & random.next() & random.next() & kDefined);
  if (random.chance(1, 20)) update.changes = edge(random, u32{1});
  update.user_data_128 = value<u128>(random, update, kSetUserData128);
  update.user_data_64 = value<u64>(random, update, kSetUserData64);
  update.user_data_32 = value<u32>(random, update, kSetUserData32);
  update.overdraft_limit = value<u128>(random, update, kSetOverdraftLimit);
  update.balance_limit = value<u128>(random, update, kSetBalanceLimit);
  update.transfer_limit = value<u128>(random, update, kSetTransferLimit);
  update.velocity_sum_limit = value<u128>(random, update, kSetVelocityLimit);
  update.velocity_count_limit = value<u32>(random, update, kSetVelocityLimit);
  const u32 windows[] = {0, 59, 60, 61, 2'591'999, 2'592'000, 2'592'001};
  const bool window = (update.changes & kSetVelocityLimit) != 0 || random.chance(1, 40);
  if (window) update.velocity_window = windows[random.below(std::size(windows))];
  update.flags = flags(random, AccountUpdate::kLinked);
  update.reserved = mostly_zero<u32>(random);
  const u16 lengths[] = {0, 1, 103, 104, 105, 0x100, 0xffff};
  update.reason_length = random.chance(1, 2) ? u16{12} : lengths[random.below(std::size(lengths))];
  const usize written = random.chance(1, 20) ? random.below(ledger::kReasonBytesMax + 1)
                                             : std::min<usize>(update.reason_length, 104);
  std::memset(update.reason, 'r', written);
  update.timestamp = mostly_zero<u64>(random);
  return update;
}

TEST(CheckShape, answers_as_the_reference_for_any_account) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::set<AccountOutcome> seen;
  for (int count = 0; count < kEvents; ++count) {
    const Account account = random_account(random);
    const Contexts context = context_for(random, account.flags & ledger::account_flags::kImported);
    const AccountOutcome expected = reference_shape(account, context.reference);
    const AccountOutcome checked = check_shape(account, context.checked);
    ASSERT_EQ(checked, expected) << name(checked) << " instead of " << name(expected)
                                 << " at event " << count;
    seen.insert(expected);
  }
  // All but `created`, what depends on other events, and on what is stored: the seven of a
  // comparison, two of a chain, and what must not regress.
  EXPECT_EQ(seen.size(), ledger::kAccountOutcomeEnd - 1 - 7 - 2 - 1);
}

TEST(CheckShape, answers_as_the_reference_for_any_transfer) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::set<TransferOutcome> seen;
  for (int count = 0; count < kEvents; ++count) {
    const Transfer transfer = random_transfer(random);
    const Contexts context =
        context_for(random, transfer.flags & ledger::transfer_flags::kImported);
    const TransferOutcome expected = reference_shape(transfer, context.reference);
    const TransferOutcome checked = check_shape(transfer, context.checked);
    ASSERT_EQ(checked, expected) << name(checked) << " instead of " << name(expected)
                                 << " at event " << count;
    seen.insert(expected);
  }
  // Undecided, 5 of the import, 3 of the id, and the 14 of the shape.
  EXPECT_EQ(seen.size(), 1u + 5 + 3 + 14);
}

TEST(CheckShape, answers_as_the_reference_for_any_update) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::set<UpdateOutcome> seen;
  for (int count = 0; count < kEvents; ++count) {
    const AccountUpdate update = random_update(random);
    const Contexts context = context_for(random, false);
    const UpdateOutcome expected = reference_shape(update, context.reference);
    const UpdateOutcome checked = check_shape(update, context.checked);
    ASSERT_EQ(checked, expected) << name(checked) << " instead of " << name(expected)
                                 << " at event " << count;
    seen.insert(expected);
  }
  // Undecided, and all that looks at the event alone.
  EXPECT_EQ(seen.size(), 1u + 5 + 8);
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
    const ledger::AccountCreation creation{original.user_data_128, original.user_data_64,
                                           original.user_data_32,  original.ledger,
                                           original.code,          original.flags};
    const AccountOutcome expected = reference_compare(event, original);
    ASSERT_EQ(compare_with_existing(event, creation), expected) << name(expected);
    seen.insert(expected);
  }
  EXPECT_EQ(seen.size(), 7u);
}

// A post or a void of the hold as it is stored: what it left to the hold is the hold's.
void fill_in_from_hold(Random& random, const Transfer& hold, Transfer& stored) {
  stored.pending_id = hold.id;
  stored.debit_account_id = hold.debit_account_id;
  stored.credit_account_id = hold.credit_account_id;
  stored.ledger = hold.ledger;
  stored.code = hold.code;
  if (random.chance(1, 2)) stored.user_data_128 = hold.user_data_128;
  if (random.chance(1, 2)) stored.user_data_64 = hold.user_data_64;
  if (random.chance(1, 2)) stored.user_data_32 = hold.user_data_32;
  const bool voids = stored.flags & ledger::transfer_flags::kVoidPendingTransfer;
  if (voids || random.chance(1, 2)) stored.amount = hold.amount;
}

// A field of another transfer, or what stands for another way to say the same.
void change_field(Random& random, const Transfer& other, Transfer& event) {
  switch (random.below(16)) {
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
    case 12: event.amount = random.chance(1, 2) ? 0 : kU128Max; break;
    case 13: event.amount += random.chance(1, 2) ? 1 : kU128Max; break;
    case 14: event.debit_account_id = event.credit_account_id = 0; break;
    case 15: event.ledger = event.code = 0; break;
  }
}

TEST(CompareWithExisting, answers_as_the_reference_for_any_two_transfers) {
  namespace transfer_flags = ledger::transfer_flags;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::set<TransferOutcome> seen;
  usize exists_in_other_words = 0;
  for (int count = 0; count < kEvents; ++count) {
    Transfer original = random_transfer(random);
    // Only what passed the checks of shape is stored.
    const ReferenceContext context{(original.flags & transfer_flags::kImported) != 0, ~u64{0}};
    if (reference_shape(original, context) != TransferOutcome::Undecided) continue;
    const Transfer hold = random_transfer(random);
    const bool resolves = original.flags & transfer_flags::kResolves;
    if (resolves) fill_in_from_hold(random, hold, original);
    const bool post = original.flags & transfer_flags::kPostPendingTransfer;
    const bool took_all = post && random.chance(1, 2);
    Transfer event = original;
    const Transfer other = random_transfer(random);
    for (u64 changes = random.between(1, 3); changes > 0; --changes) {
      change_field(random, other, event);
    }
    const ledger::StoredTransfer stored{original, resolves ? &hold : nullptr, took_all};
    const TransferOutcome expected = reference_compare(event, {original, hold, took_all});
    const TransferOutcome compared = compare_with_existing(event, stored);
    ASSERT_EQ(compared, expected) << name(compared) << " instead of " << name(expected)
                                  << " at event " << count << ", flags " << original.flags;
    seen.insert(expected);
    event.timestamp = original.timestamp;
    const bool same_words = std::memcmp(&event, &original, sizeof(event)) == 0;
    if (expected == TransferOutcome::Exists && !same_words) ++exists_in_other_words;
  }
  EXPECT_EQ(seen.size(), 12u);
  EXPECT_GT(exists_in_other_words, 500u);
}

TEST(CompareWithExisting, answers_as_the_reference_for_any_two_updates) {
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::set<UpdateOutcome> seen;
  for (int count = 0; count < kEvents; ++count) {
    const AccountUpdate original = random_update(random);
    if (reference_shape(original, {}) != UpdateOutcome::Undecided) continue;
    AccountUpdate event = original;
    const AccountUpdate other = random_update(random);
    for (u64 changes = random.between(1, 3); changes > 0; --changes) {
      switch (random.below(16)) {
        case 0: event.flags = other.flags; break;
        case 1: event.account_id = other.account_id; break;
        case 2: event.changes = other.changes; break;
        case 3: event.user_data_128 = other.user_data_128; break;
        case 4: event.user_data_64 = other.user_data_64; break;
        case 5: event.user_data_32 = other.user_data_32; break;
        case 6: event.overdraft_limit = other.overdraft_limit; break;
        case 7: event.balance_limit = other.balance_limit; break;
        case 8: event.transfer_limit = other.transfer_limit; break;
        case 9: event.velocity_sum_limit = other.velocity_sum_limit; break;
        case 10: event.velocity_window = other.velocity_window; break;
        case 11: event.velocity_count_limit = other.velocity_count_limit; break;
        case 12: event.reason_length = other.reason_length; break;
        case 13: event.reason[random.below(ledger::kReasonBytesMax)] = 's'; break;
        case 14: event.timestamp = other.timestamp; break;
        case 15: event.id = other.id; break;
      }
    }
    const UpdateOutcome expected = reference_compare(event, original);
    ASSERT_EQ(compare_with_existing(event, original), expected) << name(expected);
    seen.insert(expected);
  }
  EXPECT_EQ(seen.size(), 6u);
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
  EXPECT_TRUE(precedes_exists(UpdateOutcome::IdMustNotBeIntMax));
  EXPECT_TRUE(precedes_exists(UpdateOutcome::ReservedField));
  EXPECT_FALSE(precedes_exists(UpdateOutcome::ExistsWithDifferentFlags));
  EXPECT_FALSE(precedes_exists(UpdateOutcome::AccountIdMustNotBeZero));
}

}  // namespace
}  // namespace florin::test
