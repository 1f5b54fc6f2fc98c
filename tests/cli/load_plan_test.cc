// The recorded load's plan: the same seed makes the same requests, and what the verification relies
// on holds for every one of them.
#include "cli/load_plan.h"

#include <cstring>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "ledger/validation.h"

namespace florin::cli {
namespace {

std::vector<ledger::Transfer> request_of(const LoadPlan& plan, u32 stream, u64 first, u32 count) {
  std::vector<ledger::Transfer> events;
  plan.make_request({stream, count, first}, events);
  return events;
}

TEST(LoadPlan, makes_the_same_requests_from_the_same_seed_only) {
  const auto one = request_of(LoadPlan(5, 40), 2, 100, 64);
  const auto same = request_of(LoadPlan(5, 40), 2, 100, 64);
  const auto other = request_of(LoadPlan(6, 40), 2, 100, 64);
  ASSERT_EQ(one.size(), 64u);
  EXPECT_EQ(std::memcmp(one.data(), same.data(), one.size() * sizeof(one[0])), 0);
  EXPECT_NE(std::memcmp(one.data(), other.data(), one.size() * sizeof(one[0])), 0);
}

TEST(LoadPlan, makes_events_of_good_shape_with_ids_of_their_own) {
  const u64 seed = entropy_seed();
  SCOPED_TRACE(seed);
  const LoadPlan plan(seed, 200);
  std::set<std::pair<u64, u64>> ids;
  u64 linked = 0;
  u64 missing = 0;
  std::map<u16, u64> kinds;  // By flags.
  for (u32 stream = 0; stream < 4; ++stream) {
    for (u64 first = 0; first < 2000; first += 50) {
      const auto events = request_of(plan, stream, first, 50);
      EXPECT_FALSE(in_chain(events, 0));
      EXPECT_EQ(events.front().flags, 0);
      EXPECT_EQ(events.back().flags & ledger::transfer_flags::kLinked, 0);
      for (const ledger::Transfer& event : events) {
        EXPECT_EQ(ledger::check_shape(event, {}), ledger::TransferOutcome::Undecided);
        EXPECT_TRUE(ids.insert({high_half(event.id), low_half(event.id)}).second);
        linked += (event.flags & ledger::transfer_flags::kLinked) != 0 ? 1 : 0;
        ++kinds[event.flags & static_cast<u16>(~ledger::transfer_flags::kLinked)];
        missing += event.credit_account_id == 999 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(linked, 0u);
  EXPECT_GT(missing, 0u);
  for (const u16 kind :
       {0, int{ledger::transfer_flags::kPending}, int{ledger::transfer_flags::kPostPendingTransfer},
        ledger::transfer_flags::kPostPendingTransfer | ledger::transfer_flags::kCapturePartial,
        int{ledger::transfer_flags::kVoidPendingTransfer},
        int{ledger::transfer_flags::kReversal}}) {
    EXPECT_GT(kinds[kind], 10u) << kind;
  }
}

TEST(LoadPlan, knows_what_is_stored_of_events_that_inherit) {
  const LoadPlan plan(7, 40);
  u64 inherit = 0;
  for (const ledger::Transfer& event : request_of(plan, 0, 0, 2000)) {
    const ledger::Transfer stored = plan.stored_form(event);
    if (event.debit_account_id == 0) {
      ++inherit;
      const auto hold = request_of(plan, 0, LoadPlan::transfer_number(event.pending_id) - 1, 2)[1];
      EXPECT_EQ(stored.debit_account_id, hold.debit_account_id);
      EXPECT_EQ(stored.credit_account_id, hold.credit_account_id);
      EXPECT_EQ(stored.ledger, hold.ledger);
      EXPECT_EQ(stored.code, hold.code);
      EXPECT_EQ(stored.user_data_128, hold.user_data_128);
    } else {
      EXPECT_EQ(std::memcmp(&stored, &event, sizeof event), 0);
    }
    EXPECT_EQ(stored.id, event.id);
    EXPECT_EQ(stored.amount, event.amount);
  }
  EXPECT_GT(inherit, 10u);
}

TEST(LoadPlan, makes_updates_of_good_shape) {
  const LoadPlan plan(entropy_seed(), 200);
  u32 changes = 0;
  std::set<u64> ids;
  for (u64 number = 0; number < 500; ++number) {
    const ledger::AccountUpdate update = plan.make_update(1, number);
    EXPECT_EQ(ledger::check_shape(update, {}), ledger::UpdateOutcome::Undecided);
    EXPECT_LT(LoadPlan::account_index(update.account_id), 200u);
    EXPECT_TRUE(ids.insert(low_half(update.id)).second);
    changes |= update.changes;
  }
  namespace all = ledger::account_changes;
  EXPECT_EQ(changes, all::kDefined & ~(all::kSetUserData128 | all::kSetUserData32));
}

TEST(LoadPlan, tells_the_members_of_a_chain) {
  std::vector<ledger::Transfer> events(4);
  events[1].flags = ledger::transfer_flags::kLinked;
  EXPECT_FALSE(in_chain(events, 0));
  EXPECT_TRUE(in_chain(events, 1));
  EXPECT_TRUE(in_chain(events, 2));
  EXPECT_FALSE(in_chain(events, 3));
}

TEST(LoadPlan, makes_valid_accounts_some_of_which_cannot_be_overdrawn) {
  const LoadPlan plan(1, 200);
  u64 limited = 0;
  for (usize i = 0; i < plan.accounts().size(); ++i) {
    const ledger::Account& account = plan.accounts()[i];
    EXPECT_EQ(ledger::check_shape(account, {}), ledger::AccountOutcome::Undecided);
    EXPECT_EQ(LoadPlan::account_index(account.id), i);
    limited += account.flags != 0 ? 1 : 0;
  }
  EXPECT_EQ(limited, 50u);
}

}  // namespace
}  // namespace florin::cli
