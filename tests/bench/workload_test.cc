// The distributions and ids of the benchmark's transfers.
#include "bench/workload.h"

#include <cmath>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "ledger/validation.h"

namespace florin::bench {
namespace {

struct Seen {
  std::vector<u64> uses;  // Of each account, on either side.
  std::vector<u64> debits;
  std::set<u128> ids;
};

Seen draw(const WorkloadOptions& options, u64 count) {
  Workload workload(options);
  Seen seen;
  seen.uses.resize(options.accounts);
  seen.debits.resize(options.accounts);
  ledger::Transfer transfer;
  for (u64 index = 0; index < count; ++index) {
    workload.next(transfer);
    EXPECT_EQ(check_shape(transfer, {}), ledger::TransferOutcome::Undecided);
    EXPECT_EQ(transfer.id, workload.transfer_id(index));
    const u64 debit = Workload::account_index(transfer.debit_account_id);
    const u64 credit = Workload::account_index(transfer.credit_account_id);
    EXPECT_LT(debit, options.accounts);
    EXPECT_LT(credit, options.accounts);
    ++seen.uses[debit];
    ++seen.uses[credit];
    ++seen.debits[debit];
    seen.ids.insert(transfer.id);
  }
  return seen;
}

// Within five standard deviations of the expected count: a false alarm in two million draws.
void expect_count(u64 count, double expected, const char* what) {
  EXPECT_LT(std::fabs(static_cast<double>(count) - expected), 5 * std::sqrt(expected) + 1) << what;
}

TEST(Workload, uniform_uses_all_accounts_alike) {
  constexpr u64 kTransfers = 100'000;
  const Seen seen = draw({.accounts = 100, .seed = 11}, kTransfers);
  for (const u64 uses : seen.uses) expect_count(uses, 2.0 * kTransfers / 100, "uniform, seed 11");
}

TEST(Workload, hot_uses_one_account_in_every_transfer_on_either_side) {
  constexpr u64 kTransfers = 100'000;
  const Seen seen =
      draw({.accounts = 50, .distribution = Distribution::Hot, .seed = 12}, kTransfers);
  EXPECT_EQ(seen.uses[0], kTransfers);
  expect_count(seen.debits[0], kTransfers / 2.0, "hot debits, seed 12");
  for (u64 account = 1; account < 50; ++account) {
    expect_count(seen.uses[account], kTransfers / 49.0, "others, seed 12");
  }
}

TEST(Workload, zipf_debits_fall_with_the_rank_by_its_law) {
  constexpr u64 kTransfers = 100'000;
  for (const double theta : {0.5, 0.99, 1.0, 1.5}) {
    const Seen seen = draw(
        {.accounts = 1000, .distribution = Distribution::Zipf, .zipf_theta = theta, .seed = 13},
        kTransfers);
    double sum = 0;
    for (u64 rank = 1; rank <= 1000; ++rank) sum += std::pow(static_cast<double>(rank), -theta);
    for (const u64 rank : {1u, 2u, 3u, 10u, 100u, 500u, 1000u}) {
      const double share = std::pow(static_cast<double>(rank), -theta) / sum;
      expect_count(seen.debits[rank - 1], share * kTransfers, "zipf, seed 13");
    }
  }
}

TEST(Workload, zipf_of_two_accounts_still_ends) {
  const Seen seen = draw(
      {.accounts = 2, .distribution = Distribution::Zipf, .zipf_theta = 5.0, .seed = 14}, 10'000);
  EXPECT_EQ(seen.uses[0], 10'000u);
  EXPECT_EQ(seen.uses[1], 10'000u);
}

TEST(Workload, no_id_comes_twice) {
  for (const IdOrder order : {IdOrder::Sequential, IdOrder::Random}) {
    const Seen seen = draw({.accounts = 10, .id_order = order, .seed = 15}, 100'000);
    EXPECT_EQ(seen.ids.size(), 100'000u) << name(order);
  }
}

TEST(Workload, sequential_ids_grow_by_one_and_random_ones_do_not) {
  const Workload sequential({.accounts = 10, .seed = 16});
  EXPECT_EQ(sequential.transfer_id(8), sequential.transfer_id(7) + 1);
  const Workload random({.accounts = 10, .id_order = IdOrder::Random, .seed = 16});
  EXPECT_NE(high_half(random.transfer_id(8)), high_half(random.transfer_id(7)));
  EXPECT_NE(low_half(random.transfer_id(8)), low_half(random.transfer_id(7)));
}

TEST(Workload, the_seed_determines_everything) {
  const WorkloadOptions options{.accounts = 1000,
                                .distribution = Distribution::Zipf,
                                .id_order = IdOrder::Random,
                                .seed = 17};
  Workload first(options);
  Workload second(options);
  ledger::Transfer left;
  ledger::Transfer right;
  for (u32 index = 0; index < 1000; ++index) {
    first.next(left);
    second.next(right);
    EXPECT_EQ(left.id, right.id);
    EXPECT_EQ(left.debit_account_id, right.debit_account_id);
    EXPECT_EQ(left.credit_account_id, right.credit_account_id);
    EXPECT_EQ(left.amount, right.amount);
  }
  WorkloadOptions other = options;
  other.seed = 18;
  EXPECT_NE(Workload(other).account_id(0), first.account_id(0));
  EXPECT_NE(Workload(other).transfer_id(0), first.transfer_id(0));
}

TEST(Workload, its_accounts_can_be_created) {
  const Workload workload({.accounts = 100, .ledger = 5, .seed = 19});
  for (u64 index = 0; index < 100; ++index) {
    const ledger::Account account = workload.account(index);
    EXPECT_EQ(check_shape(account, {}), ledger::AccountOutcome::Undecided);
    EXPECT_EQ(Workload::account_index(account.id), index);
    EXPECT_EQ(account.ledger, 5u);
  }
}

TEST(ZipfTable, theta_zero_is_uniform_and_one_rank_is_always_drawn) {
  Random random(20);
  const ZipfTable flat(10, 0.0);
  std::vector<u64> counts(10);
  for (u32 index = 0; index < 100'000; ++index) ++counts[flat.draw(random)];
  for (const u64 count : counts) expect_count(count, 10'000, "flat, seed 20");
  const ZipfTable single(1, 0.99);
  EXPECT_EQ(single.draw(random), 0u);
}

}  // namespace
}  // namespace florin::bench
