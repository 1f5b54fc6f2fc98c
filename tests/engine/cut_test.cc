// Cuts of the engine's state: exactly that of the block boundary, whatever runs while they are
// copied; and an engine that was loaded from one answers like the one that it was cut from.
#include <cstdlib>
#include <deque>

#include <gtest/gtest.h>

#include "tests/engine/cut_run.h"
#include "tests/engine/engine_ledger.h"
#include "tests/support/owned_request.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using engine::CutKind;
using engine::Engine;

TEST(Cut, is_that_of_its_moment_and_goes_on_as_the_engine_does) {
  engine::CutCounts seen{};
  CutRunCounts counts;
  const u64 runs = (kSanitized ? 40 : 500) * soak_factor();
  for (u64 seed = 1; seed <= runs; ++seed) {
    StoredCut cut;
    CutRunCounts of_run;
    ASSERT_EQ(run_with_cut(draw_cut_run(seed), cut, &of_run), "") << "seed " << seed;
    const engine::CutCounts records = cut.records();
    for (usize kind = 0; kind < seen.size(); ++kind) seen[kind] += records[kind];
    counts.retired_before += of_run.retired_before;
    counts.retired_during += of_run.retired_during;
    counts.retired_after += of_run.retired_after;
    counts.completed += of_run.completed;
  }
  // Of every kind there was enough to go wrong.
  for (usize kind = static_cast<usize>(CutKind::Accounts);
       kind <= static_cast<usize>(CutKind::KeptIds); ++kind) {
    EXPECT_GE(seen[kind], runs / 2) << "kind " << kind;
  }
  EXPECT_GE(counts.retired_before, runs * 10);
  EXPECT_GE(counts.retired_during, runs);
  EXPECT_GE(counts.retired_after, runs * 5);
  EXPECT_GE(counts.completed, runs / 2);
}

// More than fits a few buffers, of a ledger large enough for several chunks of slots.
TEST(Cut, of_many_accounts_and_transfers_fills_many_buffers) {
  constexpr u32 kAccounts = 20'000;
  constexpr u32 kTransfers = 40'000;
  constexpr u32 kRequest = 4'000;
  const Limits limits = table_limits();
  StagedEngine engine(limits, 3, StagedEngine::Mode::Stepped, 9);
  std::deque<OwnedRequest> asked;
  u64 time = 1;
  const auto ask = [&](OwnedRequest request) {
    asked.push_back(std::move(request));
    engine.run(asked.back().request(), time);
    time += asked.back().request().event_count;
    engine.drain();
    ASSERT_TRUE(asked.back().request().exceptions.empty());
  };
  const auto make_transfers = [&](u32 first, u32 count) {
    std::vector<ledger::Transfer> transfers(count);
    for (u32 index = 0; index < count; ++index) {
      const u32 number = first + index;
      ledger::Transfer& transfer = transfers[index];
      transfer.id = 1 + number;
      transfer.debit_account_id = 1 + number % kAccounts;
      transfer.credit_account_id = 1 + (number * 7 + 1) % kAccounts;
      if (transfer.credit_account_id == transfer.debit_account_id) transfer.credit_account_id ^= 1;
      transfer.amount = number;
      transfer.ledger = 1;
      transfer.code = 1;
    }
    ask(OwnedRequest::create_transfers(transfers));
  };
  for (u32 first = 0; first < kAccounts; first += kRequest) {
    std::vector<ledger::Account> accounts(kRequest);
    for (u32 index = 0; index < kRequest; ++index) {
      accounts[index] = {};
      accounts[index].id = 1 + first + index;
      accounts[index].ledger = 1;
      accounts[index].code = 1;
    }
    ask(OwnedRequest::create_accounts(accounts));
  }
  for (u32 first = 0; first < kTransfers; first += kRequest) make_transfers(first, kRequest);

  const engine::StateDigest at_cut = engine.engine().digest();
  engine::CutBuffers buffers(4);
  engine.engine().begin_cut(buffers);
  make_transfers(kTransfers, kRequest);  // Changes accounts before they are copied.
  StoredCut cut;
  while (!engine.engine().cut_copied()) {
    for (u32 partition = 0; partition < 3; ++partition) {
      engine.engine().copy_cut(partition, 100'000);
    }
    engine.engine().copy_cut_books(100'000);
    engine.engine().copy_cut_history(100'000);
    cut.take_filled(buffers);
  }
  engine.engine().end_cut();
  cut.take_filled(buffers);
  EXPECT_GE(cut.of(CutKind::Accounts).size(), 6U);
  EXPECT_GE(cut.of(CutKind::Transfers).size(), 5U);

  Random random(4);
  for (const u32 partitions : {1U, 2U, 5U}) {
    auto loaded = Engine::create(limits, partitions, 3).value();
    const Status status = load_cut(cut, *loaded, limits, random);
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(loaded->digest(), at_cut);
  }
}

}  // namespace
}  // namespace florin::test
