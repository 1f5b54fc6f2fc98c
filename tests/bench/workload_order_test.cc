// Every workload against the reference ledger: all of it is created, also when the requests of
// several connections overtake each other as far as the generator lets them.
#include <algorithm>
#include <deque>
#include <vector>

#include <gtest/gtest.h>

#include "bench/expected_state.h"
#include "bench/requests_in_flight.h"
#include "tests/bench/workload_ledger.h"

namespace florin::bench {
namespace {

using ledger::TransferOutcome;
using test::WorkloadLedger;

LoadOptions load_of(WorkloadKind kind, Distribution distribution) {
  LoadOptions options;
  options.workload.kind = kind;
  options.workload.accounts = 40;
  options.workload.distribution = distribution;
  options.workload.seed = 21;
  options.transfers = 1501;
  options.batch = 7;
  options.connections = 3;
  options.in_flight = 2;
  return options;
}

// Connections to a ledger that decides the requests of each in their order, but otherwise in one
// that is drawn, with one connection standing still for long at a time.
class Traffic {
 public:
  Traffic(const LoadOptions& options, u64 seed, bool waits)
      : options_(options),
        waits_(waits),
        random_(seed),
        workload_(options.workload, options.send_plan()),
        ledger_(workload_),
        in_flight_(options.connections * options.in_flight),
        lines_(options.connections) {
    for (u32 slot = 0; slot < options.connections * options.in_flight; ++slot) {
      free_slots_.push_back(slot);
    }
  }

  // Returns the first outcome that is not `created`, or Created.
  TransferOutcome run() {
    while (workload_.drawn() < options_.transfers || in_flight_count_ > 0) {
      const bool can_send = may_send();
      if (can_send && (in_flight_count_ == 0 || random_.chance(2, 3))) {
        send();
      } else if (const auto outcome = decide(!can_send); outcome != TransferOutcome::Created) {
        return outcome;
      }
    }
    return TransferOutcome::Created;
  }

  const WorkloadLedger& ledger() const { return ledger_; }

 private:
  struct Sent {
    u32 slot = 0;
    std::vector<ledger::Transfer> transfers;
  };

  bool may_send() const {
    const u64 sent = workload_.drawn();
    if (sent == options_.transfers || free_slots_.empty()) return false;
    const u64 end = std::min(sent + options_.batch, options_.transfers);
    const u64 needed = std::min(workload_.plan().must_be_answered(end), sent);
    return !waits_ || in_flight_.answered_before(sent) >= needed;
  }

  void send() {
    const u64 sent = workload_.drawn();
    const usize picked = random_.below(free_slots_.size());
    std::swap(free_slots_[picked], free_slots_.back());
    Sent request{free_slots_.back(), {}};
    free_slots_.pop_back();
    request.transfers.resize(std::min<u64>(options_.batch, options_.transfers - sent));
    for (ledger::Transfer& transfer : request.transfers) workload_.next(transfer);
    in_flight_.sent(request.slot, sent);
    ++in_flight_count_;
    lines_[request.slot / options_.in_flight].push_back(std::move(request));
  }

  // Decides and answers the oldest request of some connection. The one that stands still has its
  // turn when the others can do nothing.
  TransferOutcome decide(bool must) {
    if (random_.chance(1, 200)) still_ = static_cast<u32>(random_.below(options_.connections));
    u32 connection = static_cast<u32>(random_.below(options_.connections));
    if (connection == still_ || lines_[connection].empty()) {
      const bool others = in_flight_count_ > lines_[still_].size();
      if (!must || others) return TransferOutcome::Created;
      connection = still_;
    }
    const Sent request = std::move(lines_[connection].front());
    lines_[connection].pop_front();
    const TransferOutcome outcome = ledger_.create(request.transfers);
    in_flight_.answered(request.slot);
    free_slots_.push_back(request.slot);
    --in_flight_count_;
    return outcome;
  }

  const LoadOptions options_;
  bool waits_;
  Random random_;
  Workload workload_;
  WorkloadLedger ledger_;
  RequestsInFlight in_flight_;
  std::vector<std::deque<Sent>> lines_;  // By connection.
  std::vector<u32> free_slots_;
  usize in_flight_count_ = 0;
  u32 still_ = 0;
};

class EveryWorkload : public testing::TestWithParam<WorkloadKind> {};

INSTANTIATE_TEST_SUITE_P(Of, EveryWorkload,
                         testing::Values(WorkloadKind::Plain, WorkloadKind::Holds,
                                         WorkloadKind::Chains, WorkloadKind::Limits,
                                         WorkloadKind::Mixed),
                         [](const auto& instance) { return std::string(name(instance.param)); });

TEST_P(EveryWorkload, is_created_in_every_order_that_its_plan_allows) {
  for (const Distribution distribution :
       {Distribution::Uniform, Distribution::Zipf, Distribution::Hot}) {
    SCOPED_TRACE(testing::Message() << name(distribution) << ", traffic of seed 22");
    Traffic traffic(load_of(GetParam(), distribution), 22, true);
    EXPECT_EQ(ledger::name(traffic.run()), "created");
    traffic.ledger().reference().check_invariants();
  }
}

// The model that verifies a server, and the reference, which knows every rule, say the same.
TEST_P(EveryWorkload, leaves_what_the_model_expects) {
  LoadOptions options = load_of(GetParam(), Distribution::Uniform);
  options.transfers = 900;
  Traffic traffic(options, 23, true);
  ASSERT_EQ(ledger::name(traffic.run()), "created");
  const test::ReferenceLedger& reference = traffic.ledger().reference();
  const ExpectedState expected = expected_state(options);
  const auto transfers = reference.transfers();
  ASSERT_EQ(transfers.size(), options.transfers);
  ASSERT_EQ(expected.transfers.size(), options.transfers);
  for (const ExpectedTransfer& wanted : expected.transfers) {
    const ledger::Transfer& stored = transfers.at(wanted.stored.id);
    EXPECT_EQ(stored.debit_account_id, wanted.stored.debit_account_id);
    EXPECT_EQ(stored.credit_account_id, wanted.stored.credit_account_id);
    EXPECT_EQ(stored.amount, wanted.stored.amount);
    EXPECT_EQ(stored.pending_id, wanted.stored.pending_id);
    EXPECT_EQ(stored.ledger, wanted.stored.ledger);
    EXPECT_EQ(stored.code, wanted.stored.code);
    EXPECT_EQ(stored.flags, wanted.stored.flags);
    const ledger::TransferStatus status = reference.transfer_status(stored.id);
    EXPECT_EQ(status.pending_status, static_cast<u8>(wanted.pending_status));
    EXPECT_EQ(status.remaining, wanted.remaining);
  }
  const Workload workload(options.workload, options.send_plan());
  const auto accounts = reference.accounts();
  ASSERT_EQ(expected.accounts.size(), options.workload.accounts);
  for (const auto& [index, counters] : expected.accounts) {
    const ledger::Account& account = accounts.at(workload.account_id(index));
    EXPECT_EQ(account.debits_posted, counters.debits_posted);
    EXPECT_EQ(account.credits_posted, counters.credits_posted);
    EXPECT_EQ(account.debits_pending, counters.debits_pending);
    EXPECT_EQ(account.credits_pending, counters.credits_pending);
  }
}

// Without the wait, posts overtake their holds: the order of the traffic is wild enough.
TEST(WorkloadOrder, a_generator_that_did_not_wait_would_be_refused) {
  for (const WorkloadKind kind : {WorkloadKind::Holds, WorkloadKind::Mixed}) {
    Traffic traffic(load_of(kind, Distribution::Uniform), 24, false);
    EXPECT_EQ(ledger::name(traffic.run()), "pending_transfer_not_found") << name(kind);
  }
}

// Limits that were never looked at would measure nothing.
TEST(WorkloadOrder, the_limits_are_those_that_bind) {
  const LoadOptions options = load_of(WorkloadKind::Limits, Distribution::Uniform);
  const Workload workload(options.workload, options.send_plan());
  const auto outcome_of = [&](u128 amount) {
    WorkloadLedger ledger(workload);
    Workload drawn = workload;
    ledger::Transfer transfer;
    drawn.next(transfer);
    transfer.amount = amount;
    return ledger::name(ledger.create({&transfer, 1}));
  };
  const ledger::AccountUpdate limits = workload.limits(0);
  EXPECT_EQ(outcome_of(limits.transfer_limit), "created");
  EXPECT_EQ(outcome_of(limits.transfer_limit + 1), "exceeds_transfer_limit");
  EXPECT_EQ(outcome_of(limits.overdraft_limit + 1), "exceeds_credits");
}

TEST(WorkloadOptions, what_does_not_fit_is_named) {
  const auto problem = [](WorkloadKind kind, u64 accounts, u32 batch) {
    const Status status = check_workload({.kind = kind, .accounts = accounts}, {1000, batch, 4});
    return status ? std::string() : status.error().message;
  };
  EXPECT_NE(problem(WorkloadKind::Chains, 100, 3).find("batch of at least 4"), std::string::npos);
  EXPECT_EQ(problem(WorkloadKind::Chains, 100, 4), "");
  EXPECT_EQ(problem(WorkloadKind::Mixed, 100, 1), "");
  EXPECT_EQ(problem(WorkloadKind::Limits, kLimitedAccountsMax, 1), "");
  EXPECT_NE(problem(WorkloadKind::Limits, kLimitedAccountsMax + 1, 1).find("1000001"),
            std::string::npos);
  EXPECT_EQ(problem(WorkloadKind::Mixed, kLimitedAccountsMax * 10, 1), "");
  EXPECT_NE(problem(WorkloadKind::Mixed, kLimitedAccountsMax * 10 + 1, 1), "");
  EXPECT_EQ(problem(WorkloadKind::Plain, 0xffff'fffe, 1), "");
}

}  // namespace
}  // namespace florin::bench
