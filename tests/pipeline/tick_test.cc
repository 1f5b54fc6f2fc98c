// Ticks: holds expire by logged time, so the ledger lets time pass when nobody else does.
#include <gtest/gtest.h>

#include "tests/pipeline/sim_ledger.h"

namespace florin::test {
namespace {

using ledger::Account;
using ledger::PendingStatus;
using ledger::Transfer;

constexpr u64 kPastASecondNs = 1'500'000'000;  // The simulated clock loses some time.
constexpr u64 kStepsMax = 20'000;

Transfer transfer(u64 id, u16 flags, u32 timeout) {
  Transfer event{};
  event.id = id;
  event.debit_account_id = 1;
  event.credit_account_id = 2;
  event.amount = 10;
  event.ledger = 1;
  event.code = 1;
  event.flags = flags;
  event.timeout = timeout;
  return event;
}

class Tick : public testing::TestWithParam<pipeline::Mode> {
 protected:
  Tick() : ledger_(11, options()) {
    ledger_.start();
    const Account accounts[] = {simple_account(1), simple_account(2)};
    answer_to(OwnedRequest::create_accounts(accounts));
    hold(100, 1);
  }

  static SimLedgerOptions options() {
    SimLedgerOptions options;
    options.limits = tiny_limits();
    options.mode = GetParam();
    options.partitions = 2;
    return options;
  }

  OwnedRequest answer_to(OwnedRequest request) {
    ledger_.submit(std::move(request), 0);
    ledger_.settle();
    auto answered = ledger_.take_answered();
    return std::move(answered.front());
  }
  void hold(u64 id, u32 timeout) {
    const Transfer event = transfer(id, ledger::transfer_flags::kPending, timeout);
    const OwnedRequest answered = answer_to(OwnedRequest::create_transfers({&event, 1}));
    ASSERT_TRUE(answered.request().exceptions.empty());
    position_ = answered.request().position.value;
  }
  // Whether the ledger comes to this position by itself, without having been beyond it.
  bool comes_to(u64 position) {
    for (u64 step = 0; step < kStepsMax; ++step) {
      ledger_.step();
      if (ledger_.status().durable_position.load() == position) return true;
    }
    return false;
  }
  PendingStatus status_of(u128 id) {
    const OwnedRequest answered = answer_to(OwnedRequest::lookup_transfers({&id, 1}));
    return static_cast<PendingStatus>(answered.request().transfer_statuses[0].pending_status);
  }
  u128 held() {
    const u128 id = 1;
    return answer_to(OwnedRequest::lookup_accounts({&id, 1})).request().accounts[0].debits_pending;
  }

  SimLedger ledger_;
  u64 position_ = 0;
};

TEST_P(Tick, releases_what_is_due_and_counts_one_position) {
  EXPECT_FALSE(comes_to(position_ + 1));  // Nothing is due.
  EXPECT_EQ(held(), 10U);
  ledger_.clock().wall_ns += kPastASecondNs;
  EXPECT_TRUE(comes_to(position_ + 1));
  EXPECT_EQ(held(), 0U);
  EXPECT_EQ(status_of(100), PendingStatus::Expired);
  EXPECT_FALSE(comes_to(position_ + 2));  // And no more than one.
}

TEST_P(Tick, is_not_made_where_a_write_lets_time_pass) {
  ledger_.clock().wall_ns += kPastASecondNs;
  const Transfer event = transfer(101, 0, 0);
  const OwnedRequest answered = answer_to(OwnedRequest::create_transfers({&event, 1}));
  EXPECT_EQ(answered.request().position.value, position_ + 1);
  EXPECT_EQ(held(), 0U);
  EXPECT_FALSE(comes_to(position_ + 2));
}

TEST_P(Tick, is_one_for_each_time_that_comes) {
  hold(101, 3);
  hold(102, 3);
  ledger_.clock().wall_ns += kPastASecondNs;
  EXPECT_TRUE(comes_to(position_ + 1));
  EXPECT_EQ(held(), 20U);
  ledger_.clock().wall_ns += 3 * kNsPerSecond;
  EXPECT_TRUE(comes_to(position_ + 2));
  EXPECT_EQ(held(), 0U);
  EXPECT_FALSE(comes_to(position_ + 3));
}

TEST_P(Tick, makes_up_for_the_time_that_the_server_was_down) {
  ledger_.crash();
  ledger_.clock().wall_ns += 5 * kNsPerSecond;
  ledger_.start();
  EXPECT_TRUE(comes_to(position_ + 1));
  EXPECT_EQ(held(), 0U);
  // It is in the log: what expired stays expired.
  ledger_.crash();
  ledger_.start();
  EXPECT_EQ(ledger_.recovered().order.position.value, position_ + 1);
  EXPECT_EQ(status_of(100), PendingStatus::Expired);
}

TEST_P(Tick, is_not_made_by_a_ledger_that_stops) {
  ledger_.stop();
  ledger_.clock().wall_ns += kPastASecondNs;
  EXPECT_FALSE(comes_to(position_ + 1));
  EXPECT_TRUE(ledger_.status().drained.load());
}

// As many reads at once as fill every block, and a hold that is due.
TEST_P(Tick, comes_through_a_flood_of_reads) {
  ledger_.clock().wall_ns += kPastASecondNs;
  const u128 id = 1;
  for (u32 sent = 0; sent < 40; ++sent) {
    ledger_.submit(OwnedRequest::lookup_accounts({&id, 1}), sent % 4);
  }
  ledger_.settle();
  const auto answered = ledger_.take_answered();
  EXPECT_EQ(answered.front().request().accounts[0].debits_pending, 10U);
  EXPECT_EQ(answered.back().request().accounts[0].debits_pending, 0U);
  EXPECT_EQ(answered.back().request().position.value, position_ + 1);
}

// A full disk leaves a segment in reserve, of a few sectors here: ticks and outcomes have it to
// themselves.
TEST_P(Tick, goes_on_in_the_reserve_of_a_full_disk_and_waits_when_that_is_full) {
  constexpr u32 kHolds = 40;
  for (u32 hold_number = 1; hold_number <= kHolds; ++hold_number) {
    hold(100 + hold_number, 1'000 * hold_number);
  }
  ledger_.disk().limit_space(256 * kKiB);
  u64 id = 1'000;
  auto refusal = ledger::RefusalCode::None;
  while (refusal == ledger::RefusalCode::None && id < 20'000) {
    std::vector<Transfer> events;
    for (u32 count = 0; count < 50; ++count) events.push_back(transfer(++id, 0, 0));
    const OwnedRequest answer = answer_to(OwnedRequest::create_transfers(events));
    refusal = answer.request().refusal;
    position_ = answer.request().position.value;
  }
  ASSERT_EQ(refusal, ledger::RefusalCode::NoSpace);
  u32 ticks = 0;
  ledger_.clock().wall_ns += 10 * kNsPerSecond;  // The first releases that of the fixture, too.
  for (; ticks < kHolds; ++ticks) {
    ledger_.clock().wall_ns += 1'000 * kNsPerSecond;
    if (!comes_to(position_ + ticks + 1)) break;
  }
  EXPECT_GT(ticks, 2U);
  EXPECT_LT(ticks, kHolds);
  EXPECT_EQ(held(), 10 * (kHolds - ticks));  // Reads go on.
  EXPECT_EQ(status_of(100 + ticks), PendingStatus::Expired);
  EXPECT_EQ(status_of(100 + ticks + 1), PendingStatus::Pending);
  ledger_.disk().limit_space(std::nullopt);
  bool came = false;
  for (u32 tries = 0; tries < 1'000 && !came; ++tries) came = comes_to(position_ + ticks + 1);
  EXPECT_TRUE(came);
  EXPECT_EQ(status_of(100 + ticks + 1), PendingStatus::Expired);
  hold(10, 0);  // And writes.
  const auto digest = ledger_.engine().digest();
  ledger_.crash();
  ledger_.start();
  EXPECT_EQ(ledger_.engine().digest(), digest);
}

TEST_P(Tick, of_a_full_disk_does_not_keep_a_stop) {
  ledger_.disk().limit_space(0);
  u64 id = 1'000;
  while (answer_to(OwnedRequest::create_transfers({{transfer(++id, 0, 0)}})).request().refusal ==
         ledger::RefusalCode::None) {
  }
  ledger_.stop();
  ledger_.settle_stop();
}

// The hold may be on its way to be voided when its time comes, and the next one due far ahead.
TEST_P(Tick, never_lets_more_time_pass_than_there_was) {
  for (u64 id = 1'000; id < 1'200; id += 10) {
    hold(id, 1);
    hold(id + 1, 100'000);
    Transfer voids = transfer(id + 2, ledger::transfer_flags::kVoidPendingTransfer, 0);
    voids.debit_account_id = voids.credit_account_id = voids.amount = 0;
    voids.ledger = 0;
    voids.code = 0;
    voids.pending_id = id;
    ledger_.submit(OwnedRequest::create_transfers({&voids, 1}), 0);
    for (u64 step = 0; step < id % 7; ++step) ledger_.step();
    ledger_.clock().wall_ns += kPastASecondNs;
    ledger_.settle();
    ledger_.take_answered();
    for (u64 step = 0; step < 100; ++step) ledger_.step();
    const Transfer plain = transfer(id + 3, 0, 0);
    const OwnedRequest answered = answer_to(OwnedRequest::create_transfers({&plain, 1}));
    EXPECT_LT(answered.request().timestamp.ns, ledger_.clock().wall_ns + kNsPerSecond);
    EXPECT_NE(status_of(id), PendingStatus::Pending);
    EXPECT_EQ(status_of(id + 1), PendingStatus::Pending);
  }
}

std::string mode_name(const testing::TestParamInfo<pipeline::Mode>& param) {
  return param.param == pipeline::Mode::Inline ? "inline" : "parallel";
}

INSTANTIATE_TEST_SUITE_P(Modes, Tick,
                         testing::Values(pipeline::Mode::Inline, pipeline::Mode::Parallel),
                         mode_name);

}  // namespace
}  // namespace florin::test
