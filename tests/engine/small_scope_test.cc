// The engine against the reference over everything within a small scope, inline and in stages.
// FLORIN_SMALL_SCOPE=20 executes all cases, and has so many rounds of three events.
#include "tests/engine/small_scope.h"

#include <cstdlib>
#include <iostream>

#include <gtest/gtest.h>

#include "tests/support/test_size.h"

namespace florin::test {
namespace {

// A sanitizer takes ten times as long, and looks for what is the same in every case.
constexpr u64 kStride = kSanitized ? 13 : 1;

constexpr u64 kLegalFlags = 24;
constexpr u64 kPlans = 20 * 3 * 3 + 4 * 3 * 3;  // Flags, amounts, and accounts or names.

ScopeOptions usual_options() {
  ScopeOptions options;
  options.ways = {{1, StagedEngine::Mode::Inline}, {3, StagedEngine::Mode::Stepped}};
  options.stride = kStride;
  const char* rounds = std::getenv("FLORIN_SMALL_SCOPE");
  if (rounds != nullptr) {
    options.rounds = std::strtoull(rounds, nullptr, 10);
    options.executed_one_in = 1;
    options.stride = 1;
  }
  return options;
}

void expect_equal(const ScopeReport& report, u64 cases, const ScopeOptions& options) {
  EXPECT_EQ(report.difference, "");
  EXPECT_EQ(report.cases, (cases + options.stride - 1) / options.stride);
  EXPECT_GT(report.created, 0U);
}

void expect_equal_transfers(const ScopeReport& report, u64 cases, usize outcomes_min,
                            const ScopeOptions& options) {
  expect_equal(report, cases, options);
  EXPECT_EQ(report.executed, report.cases / options.executed_one_in);
  if (options.stride == 1) {
    EXPECT_GE(report.outcomes.size(), outcomes_min);
  }
  std::cout << report.cases << " cases, " << report.executed << " of them executed; "
            << report.created << " events created, " << report.outcomes.size()
            << " ways to refuse a transfer\n";
}

TEST(SmallScope, one_transfer_of_every_combination_of_flags) {
  const ScopeOptions options = usual_options();
  const u64 legal = kLegalFlags * 4 * 5040;  // Linked or not, imported or not; all variants.
  const u64 others = (u64{0x800} - kLegalFlags * 4) * 5040 / 61;
  const ScopeReport report = run_every_transfer_flag(options);
  EXPECT_GT(report.cases * options.stride, legal + others);
  expect_equal_transfers(report, 772'056, 37, options);
}

TEST(SmallScope, one_account_of_every_combination_of_flags) {
  const ScopeOptions options = usual_options();
  const ScopeReport report = create_every_account_flag(options);
  expect_equal(report, 0x10000 * 4, options);
  std::cout << report.cases << " cases, " << report.created << " accounts created\n";
}

TEST(SmallScope, one_update_of_every_set_of_changes) {
  const ScopeOptions options = usual_options();
  const ScopeReport report = make_every_account_change(options);
  expect_equal(report, 0x10000, options);
  std::cout << report.cases << " cases, " << report.created << " accounts created or updated\n";
}

TEST(SmallScope, one_event_of_every_kind) {
  const ScopeOptions options = usual_options();
  const u64 moves = 20 * 5 * 49;  // Flags, amounts, pairs of accounts.
  const u64 others = 4 * 5 * 13;  // Flags, amounts, names.
  const ScopeReport report = run_every_event(options);
  expect_equal_transfers(report, (moves + others) * 13 * 2, 20, options);
}

TEST(SmallScope, two_events_of_every_kind) {
  const ScopeOptions options = usual_options();
  const ScopeReport report = run_every_pair(options);
  expect_equal_transfers(report, kPlans * kPlans * 4 * 2, 20, options);
}

TEST(SmallScope, three_events_of_every_legal_flags) {
  const ScopeOptions options = usual_options();
  const ScopeReport report = run_every_triple(options);
  const u64 combinations = kLegalFlags * kLegalFlags * kLegalFlags * 8 * 2;
  expect_equal_transfers(report, combinations * options.rounds, 20, options);
}

}  // namespace
}  // namespace florin::test
