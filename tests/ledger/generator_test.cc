// Random requests: that they reach what they are made for, and what holds for the reference over
// all of them.
#include <algorithm>
#include <cstring>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/reference_ledger.h"
#include "tests/support/request_generator.h"

namespace florin::test {
namespace {

using ledger::Operation;
using ledger::Request;

constexpr u64 kSeeds[] = {1, 2, 3, 4, 5};

class RandomRequests : public testing::TestWithParam<u64> {};

INSTANTIATE_TEST_SUITE_P(Ledger, RandomRequests, testing::ValuesIn(kSeeds),
                         [](const auto& seed) { return "seed_" + std::to_string(seed.param); });

struct Trial {
  ReferenceLedger reference;
  Timestamp next{1};
  u64 transfers = 0;
  u64 refused_transfers = 0;
  std::set<u32> account_outcomes;
  std::set<u32> transfer_outcomes;
  std::set<Operation> operations;

  void apply(Request& request) {
    reference.apply(request, next);
    if (is_write(request.operation)) next.ns += request.event_count + 17;
    operations.insert(request.operation);
    const bool transfers_asked = request.operation == Operation::CreateTransfers;
    if (transfers_asked) {
      transfers += request.event_count;
      refused_transfers += request.exceptions.size();
    }
    for (const ledger::EventResult& result : request.exceptions) {
      (transfers_asked ? transfer_outcomes : account_outcomes).insert(result.outcome);
    }
  }
};

TEST_P(RandomRequests, have_two_in_five_transfers_accepted_at_least) {
  RequestGenerator generator(GetParam());
  Trial run;
  for (int count = 0; count < 3000; ++count) {
    OwnedRequest owned = generator.next();
    run.apply(owned.request());
  }
  const double accepted =
      1 - static_cast<double>(run.refused_transfers) / static_cast<double>(run.transfers);
  RecordProperty("accepted_percent", static_cast<int>(accepted * 100));
  EXPECT_GT(run.transfers, 10'000u);
  EXPECT_GE(accepted, 0.4);
  EXPECT_LE(accepted, 0.9);
}

TEST(RandomRequestsTogether, reach_every_outcome_and_operation) {
  Trial all;
  for (const u64 seed : kSeeds) {
    RequestGenerator generator(seed);
    Trial run;
    for (int count = 0; count < 3000; ++count) {
      OwnedRequest owned = generator.next();
      run.apply(owned.request());
    }
    all.account_outcomes.insert(run.account_outcomes.begin(), run.account_outcomes.end());
    all.transfer_outcomes.insert(run.transfer_outcomes.begin(), run.transfer_outcomes.end());
    all.operations.insert(run.operations.begin(), run.operations.end());
  }
  // All that this version can give, but for `created`: 21 and 36.
  EXPECT_EQ(all.account_outcomes.size(), 21u);
  EXPECT_EQ(all.transfer_outcomes.size(), 36u);
  EXPECT_EQ(all.operations.size(), 5u);
}

TEST_P(RandomRequests, keep_the_books_balanced) {
  RequestGenerator generator(GetParam());
  Trial run;
  for (int count = 0; count < 1000; ++count) {
    OwnedRequest owned = generator.next();
    const u64 before = run.reference.position().value;
    run.apply(owned.request());
    const bool write = is_write(owned.request().operation);
    ASSERT_EQ(run.reference.position().value, before + (write ? owned.request().event_count : 0));
    if (count % 5 == 0) run.reference.check_invariants();
  }
  EXPECT_GT(run.reference.transfers().size(), 1000u);
}

template <class Value>
bool same_maps(const std::map<u128, Value>& left, const std::map<u128, Value>& right) {
  const auto same = [](const auto& a, const auto& b) {
    return a.first == b.first && std::memcmp(&a.second, &b.second, sizeof(Value)) == 0;
  };
  return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(), same);
}

// However late a request comes again, it moves nothing: what was refused stays refused.
TEST_P(RandomRequests, take_effect_once_however_often_they_are_sent) {
  RequestGenerator generator(GetParam());
  Trial run;
  std::vector<OwnedRequest> requests;
  for (int count = 0; count < 1000; ++count) {
    requests.push_back(generator.next());
    run.apply(requests.back().request());
  }
  const ReferenceLedger before = run.reference;
  for (const OwnedRequest& earlier : requests) {
    OwnedRequest again = earlier.ask_again();
    run.apply(again.request());
    if (is_write(again.request().operation)) {
      ASSERT_EQ(again.request().exceptions.size(), again.request().event_count);
    }
  }
  EXPECT_TRUE(same_maps(run.reference.accounts(), before.accounts()));
  EXPECT_TRUE(same_maps(run.reference.transfers(), before.transfers()));
}

TEST_P(RandomRequests, are_the_same_for_the_same_seed) {
  RequestGenerator first(GetParam());
  RequestGenerator second(GetParam());
  RequestGenerator other(GetParam() + 1000);
  const auto same = [](const Request& left, const Request& right) {
    if (left.operation != right.operation || left.event_count != right.event_count) return false;
    const usize event_bytes = is_write(left.operation) ? 128 : 16;
    return std::equal(left.events, left.events + left.event_count * event_bytes, right.events);
  };
  int others = 0;
  for (int count = 0; count < 500; ++count) {
    const OwnedRequest left = first.next();
    const OwnedRequest right = second.next();
    ASSERT_TRUE(same(left.request(), right.request())) << "request " << count;
    others += same(left.request(), other.next().request()) ? 0 : 1;
  }
  EXPECT_GT(others, 250);
}

// What the engine refuses as a whole never comes from the generator.
TEST_P(RandomRequests, never_carry_flags_that_are_not_built_or_too_many_events) {
  namespace account_flags = ledger::account_flags;
  namespace transfer_flags = ledger::transfer_flags;
  RequestGenerator generator(GetParam());
  for (int count = 0; count < 2000; ++count) {
    const OwnedRequest owned = generator.next();
    const Request& request = owned.request();
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(request.events) % 16, 0u);
    ASSERT_LE(request.event_count, ledger::kRequestEventsMax);
    ASSERT_TRUE(request.event_count > 0 || request.operation == Operation::GetTrialBalance);
    if (request.operation == Operation::CreateAccounts) {
      for (const ledger::Account& event : request.account_events()) {
        ASSERT_EQ(event.flags & account_flags::kDefined & ~account_flags::kBuilt, 0);
      }
    } else if (request.operation == Operation::CreateTransfers) {
      for (const ledger::Transfer& event : request.transfer_events()) {
        ASSERT_EQ(event.flags & transfer_flags::kDefined & ~transfer_flags::kBuilt, 0);
      }
    }
  }
}

TEST(GeneratorOptions, are_heeded) {
  GeneratorOptions options;
  options.account_requests = options.retried_requests = options.lookup_requests = 0;
  options.trial_balance_requests = options.chains = options.open_chains = 0;
  options.retried_events = options.reused_ids = options.missing_accounts = 0;
  options.wrong_ledgers = options.bad_shapes = options.limited_accounts = 0;
  options.huge_amounts = 0;
  RequestGenerator generator(1, options);
  Trial run;
  for (int count = 0; count < 2000; ++count) {
    OwnedRequest owned = generator.next();
    run.apply(owned.request());
  }
  // The first request leaves one account in five for later, and later never comes.
  const std::set<u32> only_missing = {
      static_cast<u32>(ledger::TransferOutcome::DebitAccountNotFound),
      static_cast<u32>(ledger::TransferOutcome::CreditAccountNotFound)};
  EXPECT_EQ(run.transfer_outcomes, only_missing);
  EXPECT_TRUE(run.account_outcomes.empty());
  EXPECT_EQ(run.operations, (std::set{Operation::CreateAccounts, Operation::CreateTransfers}));
}

}  // namespace
}  // namespace florin::test
