// Random requests: that they reach what they are made for, and what holds for the reference over
// all of them.
#include <algorithm>
#include <cstring>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/answers.h"
#include "tests/support/reference_ledger.h"
#include "tests/support/request_generator.h"

namespace florin::test {
namespace {

using ledger::Operation;
using ledger::PendingStatus;
using ledger::Request;
using ledger::TransferOutcome;

constexpr u64 kSeeds[] = {1, 2, 3, 4, 5, 6};

class RandomRequests : public testing::TestWithParam<u64> {};

INSTANTIATE_TEST_SUITE_P(Ledger, RandomRequests, testing::ValuesIn(kSeeds),
                         [](const auto& seed) { return "seed_" + std::to_string(seed.param); });

// One seed in three begins so late that some deadlines are beyond the end of time.
GeneratorOptions options_for(u64 seed) {
  GeneratorOptions options;
  if (seed % 3 == 0) options.start_ns = 6'000'000'000'000'000'000;
  options.impossible_cursors = 3;
  return options;
}

struct Trial {
  explicit Trial(u64 seed, const GeneratorOptions& options) : generator(seed, options) {}
  explicit Trial(u64 seed) : Trial(seed, options_for(seed)) {}

  RequestGenerator generator;
  ReferenceLedger reference;
  u64 transfers = 0;
  u64 refused_transfers = 0;
  std::set<u32> account_outcomes;
  std::set<u32> transfer_outcomes;
  std::set<u32> update_outcomes;
  std::set<Operation> operations;

  OwnedRequest run_next() {
    OwnedRequest owned = generator.next();
    apply(owned.request(), generator.meant_time());
    return owned;
  }

  void apply(Request& request, Timestamp time) {
    reference.apply(request, time);
    generator.observe(request);
    operations.insert(request.operation);
    if (request.operation == Operation::CreateTransfers) {
      transfers += request.event_count;
      refused_transfers += request.exceptions.size();
    }
    for (const ledger::EventResult& result : request.exceptions) {
      outcomes_of(request.operation).insert(result.outcome);
    }
  }

  std::set<u32>& outcomes_of(Operation operation) {
    if (operation == Operation::CreateAccounts) return account_outcomes;
    if (operation == Operation::UpdateAccounts) return update_outcomes;
    return transfer_outcomes;
  }
};

TEST_P(RandomRequests, have_two_in_five_transfers_accepted_at_least) {
  Trial trial(GetParam());
  for (int count = 0; count < 3000; ++count) trial.run_next();
  const double accepted =
      1 - static_cast<double>(trial.refused_transfers) / static_cast<double>(trial.transfers);
  RecordProperty("accepted_percent", static_cast<int>(accepted * 100));
  EXPECT_GT(trial.transfers, 10'000u);
  EXPECT_GE(accepted, 0.4);
  EXPECT_LE(accepted, 0.9);
}

// The names of the refusals that are not among those found.
template <class Outcome>
std::string missing(const std::set<u32>& found, u32 end) {
  std::string names;
  for (u32 number = 2; number < end; ++number) {
    if (!found.contains(number)) names += std::string(name(static_cast<Outcome>(number))) + " ";
  }
  return names;
}

TEST(RandomRequestsTogether, reach_every_outcome_and_operation) {
  std::set<u32> accounts;
  std::set<u32> transfers;
  std::set<u32> updates;
  std::set<Operation> operations;
  for (const u64 seed : kSeeds) {
    Trial trial(seed);
    for (int count = 0; count < 3000; ++count) trial.run_next();
    accounts.merge(trial.account_outcomes);
    transfers.merge(trial.transfer_outcomes);
    updates.merge(trial.update_outcomes);
    operations.merge(trial.operations);
  }
  EXPECT_EQ(missing<ledger::AccountOutcome>(accounts, ledger::kAccountOutcomeEnd), "");
  EXPECT_EQ(missing<TransferOutcome>(transfers, ledger::kTransferOutcomeEnd), "");
  EXPECT_EQ(missing<ledger::UpdateOutcome>(updates, ledger::kUpdateOutcomeEnd), "");
  EXPECT_EQ(operations.size(), 11u);
}

TEST_P(RandomRequests, keep_the_books_balanced) {
  Trial trial(GetParam());
  for (int count = 0; count < 1000; ++count) {
    const u64 before = trial.reference.position().value;
    const OwnedRequest owned = trial.run_next();
    const u64 logged = owned.request().is_logged() ? owned.request().event_count : 0;
    ASSERT_EQ(trial.reference.position().value, before + logged);
    if (count % 5 == 0) trial.reference.check_invariants();
  }
  EXPECT_GT(trial.reference.transfers().size(), 1000u);
}

// That holds come to every end, and at every moment of a request.
TEST(RandomRequestsTogether, let_holds_expire_before_between_and_in_the_middle_of_chains) {
  u32 exactly = 0;
  u32 one_late = 0;
  u32 one_early = 0;
  u32 inside = 0;
  u32 inside_broken_chains = 0;
  std::map<PendingStatus, u32> ends;
  u32 partly_captured = 0;
  for (const u64 seed : kSeeds) {
    Trial trial(seed);
    for (int count = 0; count < 2000; ++count) {
      const std::optional<Timestamp> due = trial.reference.next_deadline();
      const OwnedRequest owned = trial.run_next();
      const Request& request = owned.request();
      if (!due.has_value() || !request.is_logged()) continue;
      const u64 offset = due->ns - request.timestamp.ns;  // Wraps if it was due before.
      if (offset == 0) ++exactly;
      if (offset == ~u64{0}) ++one_late;
      if (offset == request.event_count) ++one_early;
      if (offset == 0 || offset >= request.event_count) continue;
      ++inside;
      for (const ledger::EventResult& result : request.exceptions) {
        const bool failed = result.outcome == static_cast<u32>(TransferOutcome::LinkedEventFailed);
        if (failed && result.index == offset) ++inside_broken_chains;
      }
    }
    for (const auto& [id, transfer] : trial.reference.transfers()) {
      const ledger::TransferStatus status = trial.reference.transfer_status(id);
      ++ends[static_cast<PendingStatus>(status.pending_status)];
      if (status.remaining != 0 && status.remaining != transfer.amount) ++partly_captured;
    }
  }
  EXPECT_GT(exactly, 100u);
  EXPECT_GT(one_late, 100u);
  EXPECT_GT(one_early, 10u);
  EXPECT_GT(inside, 300u);
  EXPECT_GT(inside_broken_chains, 20u);
  EXPECT_GT(ends[PendingStatus::Pending], 100u);
  EXPECT_GT(ends[PendingStatus::Posted], 1000u);
  EXPECT_GT(ends[PendingStatus::Voided], 500u);
  EXPECT_GT(ends[PendingStatus::Expired], 1000u);
  EXPECT_GT(partly_captured, 20u);
}

// What each request makes happen, dry runs foretold: nothing changes by one.
TEST_P(RandomRequests, are_foretold_by_dry_runs) {
  Trial trial(GetParam());
  u32 foretold = 0;
  for (int count = 0; count < 1500; ++count) {
    OwnedRequest owned = trial.generator.next();
    const Request& live = owned.request();
    const u64 last_ns = trial.generator.meant_time().ns + live.event_count;
    const bool due = trial.reference.next_deadline().value_or(Timestamp{~u64{0}}).ns <= last_ns;
    // A bucket of the shortest window.
    constexpr u64 kBucketNs = 937'500'000;
    const bool window_moves =
        trial.reference.last_timestamp().ns / kBucketNs != last_ns / kBucketNs;
    const bool imported =
        live.operation == Operation::CreateTransfers &&
        (live.transfer_events()[0].flags & ledger::transfer_flags::kImported) != 0;
    const bool foretellable =
        live.operation == Operation::CreateTransfers && !due && !window_moves && !imported;
    OwnedRequest before = owned.ask_again();
    if (foretellable) {
      before.request().dry_run = true;
      trial.reference.apply(before.request(), Timestamp{0});
    }
    trial.apply(owned.request(), trial.generator.meant_time());
    if (!foretellable) continue;
    ++foretold;
    const auto same = [](const ledger::EventResult& left, const ledger::EventResult& right) {
      return left.index == right.index && left.outcome == right.outcome;
    };
    ASSERT_TRUE(std::ranges::equal(before.request().exceptions, live.exceptions, same))
        << "request " << count << ": " << difference(live, before.request());
    ASSERT_EQ(before.request().balances.size(), live.balances.size());
    ASSERT_TRUE(live.balances.empty() ||
                std::memcmp(before.request().balances.data(), live.balances.data(),
                            live.balances.size() * sizeof(ledger::TransferBalances)) == 0);
  }
  EXPECT_GT(foretold, 200u);
}

template <class Value>
bool same_maps(const std::map<u128, Value>& left, const std::map<u128, Value>& right) {
  const auto same = [](const auto& a, const auto& b) {
    return a.first == b.first && std::memcmp(&a.second, &b.second, sizeof(Value)) == 0;
  };
  return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(), same);
}

// Whether an event lay too far ahead: such a refusal consumes no id, and time passes.
bool was_ahead(const Request& request) {
  constexpr auto kAhead = static_cast<u32>(TransferOutcome::ImportedEventTimestampMustNotAdvance);
  static_assert(kAhead ==
                static_cast<u32>(ledger::AccountOutcome::ImportedEventTimestampMustNotAdvance));
  return request.operation != Operation::UpdateAccounts &&
         std::ranges::any_of(request.exceptions, [](const ledger::EventResult& result) {
           return result.outcome == kAhead;
         });
}

// However late a request comes again, it moves nothing: what was refused stays refused.
TEST_P(RandomRequests, take_effect_once_however_often_they_are_sent) {
  Trial trial(GetParam());
  std::vector<OwnedRequest> requests;
  for (int count = 0; count < 1000; ++count) requests.push_back(trial.run_next());
  ReferenceLedger& reference = trial.reference;
  // All holds that ever expire are gone.
  u64 time = reference.last_timestamp().ns;
  while (const std::optional<Timestamp> due = reference.next_deadline()) {
    OwnedRequest tick = OwnedRequest::tick();
    time = std::max(time + 1, due->ns);
    reference.apply(tick.request(), Timestamp{time});
  }
  const ReferenceLedger before = reference;
  for (const OwnedRequest& earlier : requests) {
    OwnedRequest again = earlier.ask_again();
    if (!again.request().is_logged() || again.request().operation == Operation::Tick) continue;
    if (was_ahead(earlier.request())) continue;
    time += 17;
    reference.apply(again.request(), Timestamp{time});
    time += again.request().event_count;
    ASSERT_EQ(again.request().exceptions.size(), again.request().event_count);
  }
  EXPECT_TRUE(same_maps(reference.accounts(), before.accounts()));
  EXPECT_TRUE(same_maps(reference.transfers(), before.transfers()));
  EXPECT_EQ(reference.account_changes().size(), before.account_changes().size());
  EXPECT_GT(before.account_changes().size(), 20u);
}

// A listing that is gone on with to its end, whatever comes in between, is the listing of its first
// page's moment: complete, in order, and nothing twice.
TEST_P(RandomRequests, do_not_disturb_a_listing_under_way) {
  Trial trial(GetParam());
  for (int count = 0; count < 300; ++count) trial.run_next();
  for (const u16 order : {u16{0}, ledger::QueryFilter::kNewestFirst}) {
    ledger::QueryFilter filter;
    filter.flags = order;
    filter.limit = 100;
    const usize expected = trial.reference.transfers().size();
    std::vector<u64> listed;
    bool more = true;
    while (more) {
      OwnedRequest page = OwnedRequest::query_transfers(filter);
      trial.reference.apply(page.request(), Timestamp{0});
      for (const ledger::Transfer& transfer : page.request().transfers) {
        listed.push_back(transfer.timestamp);
      }
      filter.cursor = page.request().next_cursor;
      more = page.request().more;
      for (int count = 0; count < 5; ++count) trial.run_next();
    }
    ASSERT_EQ(listed.size(), expected);
    if (order != 0) std::ranges::reverse(listed);
    EXPECT_TRUE(std::ranges::is_sorted(listed, std::less_equal<u64>{}));
    EXPECT_GT(trial.reference.transfers().size(), expected);
  }
}

// The bytes of what is asked, answers left aside.
bool asks_the_same(const Request& left, const Request& right) {
  const auto same_bytes = [](const auto* a, const auto* b, usize bytes) {
    return bytes == 0 || std::memcmp(a, b, bytes) == 0;
  };
  return left.operation == right.operation && left.event_count == right.event_count &&
         left.condition_count == right.condition_count && left.dry_run == right.dry_run &&
         left.wants_balances == right.wants_balances && left.trace_id == right.trace_id &&
         left.principal == right.principal &&
         same_bytes(left.events, right.events,
                    left.event_count * ledger::event_bytes(left.operation)) &&
         same_bytes(left.conditions, right.conditions,
                    left.condition_count * sizeof(ledger::Condition)) &&
         left.trial_balance_filter.ledger_min == right.trial_balance_filter.ledger_min &&
         left.trial_balance_filter.limit == right.trial_balance_filter.limit &&
         left.filter.account_id == right.filter.account_id &&
         left.filter.cursor == right.filter.cursor && left.filter.flags == right.filter.flags &&
         left.filter.limit == right.filter.limit &&
         left.filter.timestamp_min == right.filter.timestamp_min;
}

TEST_P(RandomRequests, are_the_same_for_the_same_seed) {
  Trial first(GetParam());
  Trial second(GetParam());
  Trial other(GetParam() + 1000);
  int others = 0;
  for (int count = 0; count < 500; ++count) {
    const OwnedRequest left = first.run_next();
    const OwnedRequest right = second.run_next();
    ASSERT_TRUE(asks_the_same(left.request(), right.request())) << "request " << count;
    ASSERT_EQ(first.generator.pause_ns(), second.generator.pause_ns());
    ASSERT_EQ(difference(left.request(), right.request()), "");
    others += asks_the_same(left.request(), other.run_next().request()) ? 0 : 1;
  }
  EXPECT_GT(others, 250);
}

TEST_P(RandomRequests, are_asked_again_with_all_that_was_asked) {
  Trial trial(GetParam());
  for (int count = 0; count < 500; ++count) {
    const OwnedRequest owned = trial.run_next();
    const OwnedRequest again = owned.ask_again();
    ASSERT_TRUE(asks_the_same(owned.request(), again.request())) << "request " << count;
    ASSERT_TRUE(again.request().exceptions.empty());
    if (owned.request().event_count == 0) continue;
    if (owned.request().operation == Operation::Tick) continue;
    ASSERT_NE(owned.request().events, again.request().events);
  }
}

// What is refused as a whole never comes from the generator.
TEST_P(RandomRequests, can_be_ordered) {
  Trial trial(GetParam());
  u64 last_ns = 0;
  for (int count = 0; count < 2000; ++count) {
    const OwnedRequest owned = trial.run_next();
    const Request& request = owned.request();
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(request.events) % 16, 0u);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(request.conditions) % 16, 0u);
    ASSERT_LE(request.event_count, ledger::events_max(request.operation));
    if (request.is_logged()) {
      ASSERT_GT(request.event_count, 0u);
      ASSERT_GE(trial.generator.pause_ns(), 1u);
      ASSERT_EQ(request.timestamp, trial.generator.meant_time());
      if (count > 0) {
        ASSERT_EQ(request.timestamp.ns, last_ns + trial.generator.pause_ns());
      }
      last_ns = request.timestamp.ns + request.event_count - 1;
    } else {
      ASSERT_EQ(trial.generator.pause_ns(), 0u);
    }
    if (request.operation == Operation::QueryAccounts ||
        request.operation == Operation::QueryTransfers ||
        request.operation == Operation::GetAccountChanges) {
      ASSERT_EQ(check_filter(request.operation, request.filter), std::nullopt);
    }
    u64 before = 0;  // Index and side of the condition before, which must be less.
    for (const ledger::Condition& condition : request.all_conditions()) {
      const u64 place = u64{condition.index} * 4 + condition.side;
      ASSERT_GT(place, before);
      ASSERT_LT(condition.index, request.event_count);
      ASSERT_TRUE(condition.side == 1 || condition.side == 2);
      ASSERT_TRUE(condition.bounds >= 1 && condition.bounds <= 3);
      before = place;
    }
  }
}

TEST(GeneratorOptions, are_heeded) {
  GeneratorOptions options;
  options.account_requests = options.update_requests = options.retried_requests = 0;
  options.lookup_requests = options.query_requests = options.trial_balance_requests = 0;
  options.ticks = options.imported_requests = options.dry_runs = 0;
  options.chains = options.open_chains = 0;
  options.retried_events = options.reused_ids = options.missing_accounts = 0;
  options.wrong_ledgers = options.bad_shapes = options.limited_accounts = 0;
  options.barred_accounts = options.huge_amounts = 0;
  options.pending = options.resolving = options.reversals = options.balancing = 0;
  options.conditions = 0;
  Trial trial(1, options);
  for (int count = 0; count < 2000; ++count) trial.run_next();
  // The first request leaves one account in five for later, and later never comes.
  const std::set<u32> only_missing = {static_cast<u32>(TransferOutcome::DebitAccountNotFound),
                                      static_cast<u32>(TransferOutcome::CreditAccountNotFound)};
  EXPECT_EQ(trial.transfer_outcomes, only_missing);
  EXPECT_TRUE(trial.account_outcomes.empty());
  EXPECT_EQ(trial.operations, (std::set{Operation::CreateAccounts, Operation::CreateTransfers}));
}

}  // namespace
}  // namespace florin::test
