// What the places of a sequence do: each hold is resolved once and later, chains end with their
// requests, and nothing depends on what may still be in flight.
#include "bench/transfer_plan.h"

#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace florin::bench {
namespace {

constexpr WorkloadKind kKinds[] = {WorkloadKind::Plain, WorkloadKind::Holds, WorkloadKind::Chains,
                                   WorkloadKind::Limits, WorkloadKind::Mixed};

// Long and short sequences, small and large requests, many and few of them in flight.
const std::vector<SendPlan> kPlans = {
    {100'000, 100, 16}, {100'000, 8189, 4}, {50'001, 1, 64}, {10'000, 8189, 1},
    {1000, 7, 6},       {999, 8189, 4},     {40, 4, 1},      {1, 1, 1},
};

std::map<Step, u64> count_steps(const TransferPlan& plan, u64 transfers) {
  std::map<Step, u64> counts;
  for (u64 index = 0; index < transfers; ++index) ++counts[plan.at(index).step];
  return counts;
}

bool resolves(Step step) {
  return step == Step::Post || step == Step::Capture || step == Step::Void;
}

TEST(TransferPlan, half_of_the_workload_holds_is_holds_and_each_is_posted_once) {
  for (const SendPlan& send : kPlans) {
    SCOPED_TRACE(testing::Message() << send.transfers << " transfers by " << send.batch);
    const TransferPlan plan(WorkloadKind::Holds, send);
    std::set<u64> open;
    u64 posts = 0;
    for (u64 index = 0; index < send.transfers; ++index) {
      const PlannedTransfer planned = plan.at(index);
      if (planned.step == Step::Hold) {
        open.insert(index);
      } else {
        ASSERT_EQ(planned.step, Step::Post);
        ASSERT_EQ(open.erase(planned.hold), 1u) << "post at " << index;
        ++posts;
      }
    }
    EXPECT_EQ(posts, send.transfers / 2);
    EXPECT_EQ(open.size(), send.transfers % 2);
  }
}

TEST(TransferPlan, posts_do_not_come_in_the_order_of_their_holds) {
  const SendPlan send{100'000, 100, 16};
  const TransferPlan plan(WorkloadKind::Holds, send);
  u64 last = 0;
  u64 backwards = 0;
  for (u64 index = 0; index < send.transfers; ++index) {
    const PlannedTransfer planned = plan.at(index);
    if (planned.step != Step::Post) continue;
    backwards += planned.hold < last ? 1 : 0;
    last = planned.hold;
  }
  EXPECT_GT(backwards, 10'000u);
}

TEST(TransferPlan, a_mixture_has_its_shares) {
  const SendPlan send{1'000'000, 100, 4};
  const std::map<Step, u64> counts =
      count_steps(TransferPlan(WorkloadKind::Mixed, send), send.transfers);
  const auto expect_share = [&](Step step, double share) {
    EXPECT_NEAR(static_cast<double>(counts.at(step)) / 1e6, share, share / 50 + 0.001);
  };
  expect_share(Step::Hold, 0.15);
  expect_share(Step::Post, 0.10);
  expect_share(Step::Void, 0.05);
  expect_share(Step::Capture, 0.05);
  expect_share(Step::Linked, 0.05);
  expect_share(Step::Balancing, 0.05);
}

// At most once captured, then posted; or posted or voided at once.
TEST(TransferPlan, a_mixture_resolves_what_is_on_hold) {
  for (const SendPlan& send : kPlans) {
    SCOPED_TRACE(testing::Message() << send.transfers << " transfers by " << send.batch);
    const TransferPlan plan(WorkloadKind::Mixed, send);
    std::map<u64, u32> captures;  // Of the open holds.
    for (u64 index = 0; index < send.transfers; ++index) {
      const PlannedTransfer planned = plan.at(index);
      if (planned.step == Step::Hold) captures[index] = 0;
      if (!resolves(planned.step)) continue;
      ASSERT_TRUE(captures.contains(planned.hold)) << index;
      if (planned.step == Step::Capture) {
        ASSERT_EQ(captures[planned.hold]++, 0u);
      } else {
        captures.erase(planned.hold);
      }
    }
  }
}

TEST(TransferPlan, chains_have_two_to_four_members_and_end_with_their_request) {
  for (const WorkloadKind kind : {WorkloadKind::Chains, WorkloadKind::Mixed}) {
    for (const SendPlan& send : kPlans) {
      SCOPED_TRACE(testing::Message() << send.transfers << " transfers by " << send.batch);
      const TransferPlan plan(kind, send);
      std::map<u64, u64> chains;  // How many of each length.
      u64 length = 0;
      for (u64 index = 0; index < send.transfers; ++index) {
        ++length;
        const bool ends = index % send.batch == send.batch - 1 || index == send.transfers - 1;
        if (plan.at(index).step == Step::Linked) {
          ASSERT_FALSE(ends) << index;
        } else {
          ++chains[length];
          length = 0;
        }
      }
      EXPECT_LE(chains.rbegin()->first, kind == WorkloadKind::Chains ? 4u : 2u);
      if (kind == WorkloadKind::Chains && send.batch > 100 && send.transfers > 100) {
        EXPECT_LE(chains[1], send.transfers / send.batch + 1);
        EXPECT_GT(chains[4] * 10, send.transfers * 9 / 10);
      }
    }
  }
}

// What a transfer goes on from: the hold, and of a mixture the last capture before it.
TEST(TransferPlan, what_a_transfer_goes_on_from_must_be_answered) {
  for (const WorkloadKind kind : kKinds) {
    for (const SendPlan& send : kPlans) {
      SCOPED_TRACE(testing::Message()
                   << name(kind) << ": " << send.transfers << " transfers by " << send.batch);
      const TransferPlan plan(kind, send);
      std::map<u64, u64> last_touch;  // By hold.
      u64 asked_before = 0;
      for (u64 index = 0; index < send.transfers; ++index) {
        const u64 asked = plan.must_be_answered(index + 1);
        ASSERT_GE(asked, asked_before);
        asked_before = asked;
        const PlannedTransfer planned = plan.at(index);
        if (planned.step == Step::Hold) last_touch[index] = index;
        if (!resolves(planned.step)) continue;
        ASSERT_LT(last_touch.at(planned.hold), asked) << index;
        last_touch[planned.hold] = index;
      }
    }
  }
}

TEST(TransferPlan, a_long_sequence_waits_for_stragglers_only) {
  const SendPlan send{1'000'000, 100, 64};
  for (const WorkloadKind kind : kKinds) {
    SCOPED_TRACE(name(kind));
    const TransferPlan plan(kind, send);
    for (u64 first = 0; first < send.transfers; first += send.batch) {
      const u64 in_flight = send.batch * (send.requests_in_flight - 1);
      const u64 asked = plan.must_be_answered(first + send.batch);
      ASSERT_TRUE(asked == 0 || asked + in_flight <= first) << "request at " << first;
    }
  }
}

}  // namespace
}  // namespace florin::bench
