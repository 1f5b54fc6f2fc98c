// What the core does beside executing: capacity, fairness, group commit, a full disk, stopping.
#include "pipeline/core.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "tests/pipeline/sim_ledger.h"

namespace florin::test {
namespace {

using ledger::Account;
using ledger::RefusalCode;
using ledger::Transfer;

SimLedgerOptions inline_options() {
  SimLedgerOptions options;
  options.limits = tiny_limits();
  return options;
}

OwnedRequest transfers(u64 first_id, u64 count) {
  std::vector<Transfer> events;
  for (u64 index = 0; index < count; ++index) events.push_back(simple_transfer(first_id + index));
  return OwnedRequest::create_transfers(events);
}

void open_accounts(SimLedger& ledger) {
  const Account events[] = {simple_account(1), simple_account(2)};
  ledger.submit(OwnedRequest::create_accounts(events), 0);
  ledger.settle();
  ledger.take_answered();
}

TEST(Capacity, refuses_before_the_order_and_consumes_no_id) {
  SimLedgerOptions options = inline_options();
  options.limits.transfers_max = 100;
  SimLedger ledger(1, options);
  ledger.start();
  open_accounts(ledger);
  EXPECT_EQ(answer_to(ledger, transfers(1, 60)).request().refusal, RefusalCode::None);
  const OwnedRequest refused = answer_to(ledger, transfers(100, 41));
  EXPECT_EQ(refused.request().refusal, RefusalCode::Capacity);
  EXPECT_NE(refused.request().refusal_message.find("60 of 100"), std::string::npos);
  EXPECT_NE(refused.request().refusal_message.find("--transfers-max"), std::string::npos);
  // What still fits is accepted, under the refused ids too; a retry of known ids needs no room.
  EXPECT_TRUE(answer_to(ledger, transfers(100, 40)).request().exceptions.empty());
  EXPECT_EQ(answer_to(ledger, transfers(200, 1)).request().refusal, RefusalCode::Capacity);
}

TEST(Capacity, is_not_used_up_by_what_is_only_in_flight) {
  SimLedgerOptions options = inline_options();
  options.limits.transfers_max = 100;
  SimLedger ledger(2, options);
  ledger.start();
  open_accounts(ledger);
  // The same ids ten times at once: room for 100 is enough, whatever is in flight together.
  for (u64 copy = 0; copy < 10; ++copy) ledger.submit(transfers(1, 50), copy % 4);
  ledger.settle();
  for (const OwnedRequest& answered : ledger.take_answered()) {
    EXPECT_EQ(answered.request().refusal, RefusalCode::None);
  }
  EXPECT_EQ(ledger.engine().transfers_used(), 50U);
}

TEST(Recovery, refuses_a_capacity_that_is_too_small) {
  SimLedger ledger(3, inline_options());
  ledger.start();
  open_accounts(ledger);
  answer_to(ledger, transfers(1, 60));
  SimStorage disk(3, ledger.disk().image());
  ManualClock clock;
  Limits small = tiny_limits();
  small.transfers_max = 59;
  replay::RecoveryOptions recovery;
  recovery.log_directory = "/log";
  recovery.log_id = 0xf10f10;
  recovery.limits = small;
  const auto recovered =
      replay::recover(disk, clock, recovery, [](const replay::RecoveryProgress&) {});
  ASSERT_FALSE(recovered);
  EXPECT_EQ(recovered.error().code, ErrorCode::Capacity);
  EXPECT_NE(recovered.error().message.find("--transfers-max"), std::string::npos);
}

TEST(Order, keeps_the_requests_of_a_connection_as_they_were_sent) {
  SimLedger ledger(4, inline_options());
  ledger.start();
  open_accounts(ledger);
  Random random(4);
  u64 id = 0;
  for (u32 sent = 0; sent < 200; ++sent) {
    const u64 count = random.chance(1, 4) ? 60 : 1;  // Large and small ones mixed.
    ledger.submit(transfers(id + 1, count), 0);
    id += count;
  }
  ledger.settle();
  u128 last = 0;
  for (const OwnedRequest& answered : ledger.take_answered()) {
    const u128 first = answered.request().transfer_events().front().id;
    EXPECT_GT(first, last);
    last = first;
  }
}

TEST(Order, lets_small_requests_pass_large_ones_of_other_connections) {
  SimLedger ledger(5, inline_options());
  ledger.start();
  open_accounts(ledger);
  u64 id = 0;
  for (u32 sent = 0; sent < 30; ++sent, id += 60) ledger.submit(transfers(id + 1, 60), 0);
  ledger.submit(transfers(100'000, 1), 1);
  ledger.settle();
  const auto answered = ledger.take_answered();
  usize place = 0;
  while (answered[place].request().event_count != 1) ++place;
  // It came last; it is ordered with the first blocks formed after it came.
  EXPECT_LT(place, 10U);
}

TEST(Order, does_not_let_small_requests_wait_for_the_execution_of_large_ones) {
  SimLedger ledger(10, inline_options());
  ledger.start();
  open_accounts(ledger);
  const u64 before = ledger.status().blocks.load();
  ledger.submit(transfers(1, 60), 0);
  ledger.submit(transfers(100'000, 1), 1);
  ledger.settle();
  // They came together, and a block has room for both.
  EXPECT_EQ(ledger.status().blocks.load() - before, 2U);
  EXPECT_EQ(ledger.take_answered().front().request().event_count, 1U);
  // Every other block is for all, or the large ones would wait for ever.
  for (u64 sent = 0; sent < 200; ++sent) ledger.submit(transfers(1'000 + sent, 1), 1 + sent % 2);
  ledger.submit(transfers(200'000, 60), 0);
  ledger.settle();
  const auto answered = ledger.take_answered();
  usize place = 0;
  while (answered[place].request().event_count == 1) ++place;
  EXPECT_LT(place, 40U);
}

// Replies and small requests would wait for all of them.
TEST(Order, executes_one_block_of_large_requests_at_a_time) {
  SimLedger ledger(11, inline_options());
  ledger.start();
  open_accounts(ledger);
  for (u64 sent = 0; sent < 24; ++sent) ledger.submit(transfers(1 + sent * 60, 60), sent % 4);
  u64 executed = 0;
  for (u32 step = 0; step < 1'000'000 && ledger.unanswered() != 0; ++step) {
    ledger.step();
    const u64 now = ledger.engine().transfers_used();
    ASSERT_LE(now - executed, 120U);  // What fits into one block (tiny_limits).
    executed = now;
  }
  EXPECT_EQ(executed, 24U * 60);
}

TEST(Order, does_not_pass_over_a_large_request_for_ever) {
  SimLedgerOptions options = inline_options();
  options.limits.block_requests_max = 256;  // Small requests alone could fill every block.
  SimLedger ledger(9, options);
  ledger.start();
  open_accounts(ledger);
  for (u64 sent = 0; sent < 3'000; ++sent) ledger.submit(transfers(sent + 1, 1), sent % 3);
  ledger.submit(transfers(100'000, 60), 3);
  ledger.settle();
  const auto answered = ledger.take_answered();
  usize place = 0;
  while (answered[place].request().event_count == 1) ++place;
  EXPECT_LT(place, 600U);
}

TEST(GroupCommit, gathers_what_waits_while_the_log_writes) {
  SimLedger ledger(6, inline_options());
  ledger.start();
  open_accounts(ledger);
  const u64 before = ledger.status().blocks.load();
  for (u64 sent = 0; sent < 400; ++sent) ledger.submit(transfers(sent + 1, 1), sent % 4);
  ledger.settle();
  // Eight requests a block at most (tiny_limits), and hardly ever fewer when all wait.
  EXPECT_LE(ledger.status().blocks.load() - before, 400U / 8 + 10);
}

TEST(FullDisk, refuses_writes_and_serves_reads_until_there_is_room) {
  SimLedger ledger(7, inline_options());
  ledger.start();
  open_accounts(ledger);
  ledger.disk().limit_space(256 * kKiB);
  u64 id = 0;
  OwnedRequest answer = answer_to(ledger, transfers(id + 1, 50));
  for (u32 sent = 0; sent < 200 && answer.request().refusal == RefusalCode::None; ++sent) {
    id += 50;
    answer = answer_to(ledger, transfers(id + 1, 50));
  }
  EXPECT_EQ(answer.request().refusal, RefusalCode::NoSpace);
  const u128 ids[] = {1, 2};
  const OwnedRequest read = answer_to(ledger, OwnedRequest::lookup_accounts(ids));
  EXPECT_EQ(read.request().refusal, RefusalCode::None);
  EXPECT_TRUE(read.request().accounts[0].debits_posted == id);
  ledger.disk().limit_space(std::nullopt);
  for (u32 step = 0; step < 200'000 && answer.request().refusal != RefusalCode::None; ++step) {
    for (u32 small = 0; small < 100; ++small) ledger.step();
    if (step % 100 == 0) answer = answer_to(ledger, transfers(id + 1, 50));
  }
  EXPECT_EQ(answer.request().refusal, RefusalCode::None);
  EXPECT_TRUE(answer.request().exceptions.empty());
}

TEST(FullDisk, never_stops_answering_however_much_is_sent_at_once) {
  for (u64 seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimLedgerOptions options = inline_options();
    options.mode = seed % 2 == 0 ? pipeline::Mode::Inline : pipeline::Mode::Parallel;
    SimLedger ledger(seed, options);
    ledger.start();
    open_accounts(ledger);
    ledger.disk().limit_space(192 * kKiB + seed * 4 * kKiB);
    Random random(seed);
    u64 id = 0;
    for (u32 sent = 0; sent < 120; ++sent) {
      const u64 count = random.between(1, 64);
      ledger.submit(transfers(id + 1, count), sent % 4);
      id += count;
      for (u64 steps = random.below(20); steps > 0; --steps) ledger.step();
    }
    const u128 ids[] = {1};
    ledger.submit(OwnedRequest::lookup_accounts(ids), 0);
    ledger.settle();
    u64 refused = 0;
    for (const OwnedRequest& answered : ledger.take_answered()) {
      if (answered.request().refusal == RefusalCode::NoSpace) ++refused;
    }
    EXPECT_GT(refused, 0U);
    ledger.stop();
    for (u32 step = 0; step < 5'000 && !ledger.status().drained.load(); ++step) ledger.step();
    EXPECT_TRUE(ledger.status().drained.load());
  }
}

TEST(Stop, answers_what_was_ordered_and_refuses_the_rest) {
  SimLedger ledger(8, inline_options());
  ledger.start();
  open_accounts(ledger);
  for (u64 sent = 0; sent < 100; ++sent) ledger.submit(transfers(sent + 1, 1), 0);
  for (u32 step = 0; step < 2; ++step) ledger.step();
  ledger.stop();
  ledger.settle();
  u64 created = 0;
  for (const OwnedRequest& answered : ledger.take_answered()) {
    const RefusalCode refusal = answered.request().refusal;
    EXPECT_TRUE(refusal == RefusalCode::None || refusal == RefusalCode::ShuttingDown);
    if (refusal == RefusalCode::None) ++created;
  }
  EXPECT_GT(created, 0U);
  EXPECT_LT(created, 100U);
  EXPECT_EQ(ledger.engine().transfers_used(), created);
  for (u32 step = 0; step < 5'000 && !ledger.status().drained.load(); ++step) ledger.step();
  EXPECT_TRUE(ledger.status().drained.load());
}

TEST(Reads, are_answered_only_when_what_they_saw_is_durable) {
  for (u64 seed = 1; seed <= 20; ++seed) {
    SimLedger ledger(seed, inline_options());
    ledger.start();
    open_accounts(ledger);
    ledger.submit(transfers(1, 10), 0);
    const u128 ids[] = {1};
    ledger.submit(OwnedRequest::lookup_accounts(ids), 1);
    while (ledger.unanswered() != 0) {
      ledger.step();
      for (const OwnedRequest& answered : ledger.take_answered()) {
        if (ledger::is_write(answered.request().operation)) continue;
        const bool saw_transfers = answered.request().accounts[0].debits_posted != 0;
        if (!saw_transfers) continue;
        ledger.crash();
        ledger.start();
        EXPECT_EQ(ledger.recovered().order.position, Position{12});
        ledger.take_unanswered();
        break;
      }
    }
  }
}

}  // namespace
}  // namespace florin::test
