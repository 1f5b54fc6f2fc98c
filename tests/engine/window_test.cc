// Memory as a window: whatever has left it, every answer and the digest are those of a ledger that
// forgets nothing.
#include <array>
#include <deque>
#include <utility>

#include <gtest/gtest.h>

#include "tests/engine/endless_ledger.h"
#include "tests/engine/window_run.h"
#include "tests/engine/windowed_ledger.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using Mode = StagedEngine::Mode;

// Runs seeds one after the other; all of what can go wrong must have been met.
void run_seeds(u64 first_seed, u64 seeds, Mode mode, bool lags) {
  WindowCounts all;
  for (u64 seed = first_seed; seed < first_seed + seeds * soak_factor(); ++seed) {
    const u32 partitions = std::array{1U, 2U, 3U, 8U}[seed / 2 % 4];
    WindowRun run{.seed = seed, .partitions = partitions, .mode = mode, .lags = lags};
    run.window = std::array<u64, 4>{4, 16, 64, 10'000}[seed % 4];
    run.retire_chance = std::array{100U, 60U, 20U}[seed % 3];
    run.ids_at_once_max = std::array<u64, 3>{4, 64, 1'000'000}[seed % 3];
    WindowCounts counts;
    ASSERT_EQ(run_in_window(run, &counts), "");
    all.retired += counts.retired;
    all.came_back += counts.came_back;
    all.completed += counts.completed;
    all.ids += counts.ids;
    EXPECT_GT(counts.retired, 0U) << "seed " << seed;
  }
  EXPECT_GT(all.retired, all.ids / 2);
  EXPECT_GT(all.came_back, 20 * seeds);
  EXPECT_GT(all.completed, 4 * seeds);
}

// One request after the other to an engine with a past; what differs from the endless ledger.
struct ReturnRun {
  explicit ReturnRun(u32 partitions)
      : endless(small_limits(), 5), engine(small_limits(), partitions, Mode::Mixed, 6) {
    engine.engine().set_past(&endless.past());
    std::vector<ledger::Account> accounts(2);
    accounts[0].id = 1;
    accounts[1].id = 2;
    for (ledger::Account& account : accounts) account.ledger = account.code = 1;
    ask(OwnedRequest::create_accounts(accounts));
  }

  void create(u64 first_id, u64 count, bool dry_run = false) {
    std::vector<ledger::Transfer> events(count);
    for (ledger::Transfer& event : events) {
      event.id = first_id++;
      event.debit_account_id = 1;
      event.credit_account_id = 2;
      event.amount = 1;
      event.ledger = event.code = 1;
    }
    ask(OwnedRequest::create_transfers(events), dry_run);
  }
  void reverse(u64 id, u64 original, bool dry_run = false) {
    ledger::Transfer event{};
    event.id = id;
    event.pending_id = original;
    event.debit_account_id = 2;
    event.credit_account_id = 1;
    event.amount = 1;
    event.ledger = event.code = 1;
    event.flags = ledger::transfer_flags::kReversal;
    ask(OwnedRequest::create_transfers({&event, 1}), dry_run);
  }
  void ask(OwnedRequest request, bool dry_run = false) {
    request.request().dry_run = dry_run;
    time_ns += 1'000'000;
    const ledger::Request& expected = endless.ask(request.request(), time_ns);
    asked.push_back({std::move(request), &expected});
    ledger::Request& actual = asked.back().first.request();
    actual.position = expected.position;
    actual.timestamp = expected.timestamp;
    engine.run(actual, expected.timestamp.ns);
    engine.drain();
  }
  std::string difference() {
    std::string found;
    for (auto& [actual, expected] : asked) {
      if (found.empty()) found = endless.compare(*expected, actual.request());
    }
    asked.clear();
    return found;
  }

  u64 time_ns = 1'000'000'000'000;
  EndlessLedger endless;
  StagedEngine engine;
  std::deque<std::pair<OwnedRequest, const ledger::Request*>> asked;
};

TEST(Window, shows_in_no_answer_of_an_engine_that_runs_inline) {
  run_seeds(1, 12, Mode::Inline, true);
}

TEST(Window, shows_in_no_answer_of_an_engine_whose_stages_are_stepped_at_random) {
  run_seeds(101, 16, Mode::Stepped, true);
}

TEST(Window, shows_in_no_answer_when_blocks_change_between_inline_and_stages) {
  run_seeds(201, 12, Mode::Mixed, true);
}

TEST(Window, shows_in_no_answer_when_history_is_ahead_of_the_engine) {
  run_seeds(301, 16, Mode::Mixed, false);
}

TEST(Window, gives_its_slots_to_those_who_come) {
  for (const u32 partitions : {1U, 3U}) EXPECT_EQ(pass_many_through(partitions, partitions), "");
}

// What came back from history is in it, however far behind history is: it may go again at once, but
// for what happened to it since.
TEST(Window, lets_go_again_of_what_came_back_and_did_not_change) {
  for (const u32 partitions : {1U, 3U}) {
    ReturnRun run(partitions);
    run.create(1, 40);
    const Position durable = run.engine.position();
    engine::Engine& engine = run.engine.engine();
    ASSERT_EQ(engine.retire(durable, 1'000), 40U);
    // Repeated; logged, so that the order goes on; and named by a reversal, which changes it.
    run.create(1, 10);
    EXPECT_EQ(engine.transfers_in_memory(), 10U);
    run.reverse(101, 11);
    EXPECT_EQ(engine.transfers_in_memory(), 12U);
    EXPECT_GE(engine.retirable(durable), 10U);
    EXPECT_EQ(engine.retire(durable, 1'000), 10U);
    EXPECT_EQ(engine.retirable(durable), 0U);
    EXPECT_EQ(engine.retire(durable, 1'000), 0U);
    EXPECT_EQ(engine.transfers_in_memory(), 2U);
    // Of a dry run, what it did was taken back.
    run.create(1, 10, true);
    run.reverse(102, 12, true);
    EXPECT_EQ(engine.transfers_in_memory(), 13U);
    EXPECT_EQ(engine.retire(durable, 1'000), 11U);
    // It came back before it was changed, in blocks of their own.
    run.create(13, 1);
    run.reverse(103, 13);
    EXPECT_EQ(engine.retire(durable, 1'000), 0U);
    EXPECT_EQ(engine.transfers_in_memory(), 4U);
    EXPECT_EQ(run.difference(), "");
    EXPECT_TRUE(engine.verify());
    EXPECT_EQ(engine.retire(run.engine.position(), 1'000), 4U);
    EXPECT_EQ(engine.transfers_in_memory(), 0U);
    // Known as reversed.
    run.reverse(104, 11);
    run.reverse(105, 13);
    EXPECT_EQ(run.difference(), "");
    EXPECT_EQ(engine.digest(), run.endless.digest());
    EXPECT_TRUE(engine.verify());
  }
}

TEST(Window, that_is_empty_after_each_request_answers_as_the_tables_of_rules_say) {
  u64 retired = 0;
  u32 partitions = 1;
  for (const NamedTable& table : all_tables()) {
    WindowedLedger ledger(partitions, partitions == 1 ? Mode::Inline : Mode::Stepped);
    const TableReport report = run_table(ledger, table.text);
    EXPECT_TRUE(report.passed()) << table.name << "\n" << report.text();
    EXPECT_EQ(ledger.difference(), "") << table.name;
    const Status verified = ledger.verify();
    EXPECT_TRUE(verified) << table.name << ": " << verified.error().message;
    retired += ledger.retired();
    partitions = 4 - partitions;
  }
  EXPECT_GT(retired, 1'000U);
}

}  // namespace
}  // namespace florin::test
