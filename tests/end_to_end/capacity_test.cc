// A server at its limits: it refuses what does not fit, as a whole and before ordering, goes on
// with the rest, and does nothing when there is nothing to do.
#include <fstream>
#include <sstream>
#include <thread>

#include <unistd.h>

#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

class Capacity : public ServerTest {
 protected:
  template <class Answer>
  static void expect_refused(const Answer& answer) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::Refused);
    EXPECT_EQ(answer.error().refusal, ledger::RefusalCode::Capacity);
    EXPECT_EQ(answer.error().effect, client::ClientError::Effect::DidNotHappen);
    EXPECT_FALSE(answer.error().message.empty());
  }
};

TEST_F(Capacity, of_accounts_refuses_the_request_and_keeps_its_ids_free) {
  start({"--accounts-max", "10"});
  client::Client client = connect();
  std::vector<ledger::Account> accounts;
  for (u64 id = 1; id <= 11; ++id) accounts.push_back(simple_account(id));
  expect_refused(client.create_accounts(accounts));
  EXPECT_EQ(must(client.ping()).durable_position.value, 0u);
  accounts.pop_back();
  for (const auto& result : must(client.create_accounts(accounts)).results) {
    EXPECT_EQ(result.outcome, ledger::AccountOutcome::Created);
  }
  const ledger::Account one_more[] = {simple_account(11)};
  expect_refused(client.create_accounts(one_more));
  const u128 ids[] = {10, 11};
  const client::Accounts found = must(client.lookup_accounts(ids));
  EXPECT_TRUE(found.accounts[0]);
  EXPECT_FALSE(found.accounts[1]);
}

TEST_F(Capacity, of_transfers_refuses_writes_and_goes_on_reading) {
  start({"--no-history", "--transfers-max", "100"});
  client::Client client = connect();
  create_two_accounts(client);
  std::vector<ledger::Transfer> events;
  for (u64 id = 1; id <= 100; ++id) events.push_back(transfer(id, 1, 2, 1));
  must(client.create_transfers(events));
  const ledger::Transfer one_more[] = {transfer(101, 1, 2, 1)};
  expect_refused(client.create_transfers(one_more));
  const u128 ids[] = {2};
  EXPECT_EQ(must(client.lookup_accounts(ids)).accounts[0]->credits_posted, u128{100});
  stop();
  start({"--no-history", "--transfers-max", "101"});
  client::Client again = connect();
  EXPECT_EQ(must(again.create_transfers(one_more)).results[0].outcome,
            ledger::TransferOutcome::Created);
}

class Idle : public ServerTest {
 protected:
  // Processor time that the server has used so far, user and system.
  u64 used_ticks() {
    std::ifstream file("/proc/" + std::to_string(server().pid()) + "/stat");
    std::string line;
    std::getline(file, line);
    std::istringstream fields(line.substr(line.rfind(')') + 2));
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    u64 user = 0;
    u64 system = 0;
    fields >> user >> system;
    return user + system;
  }

  // Within some seconds there must be a span of 1.5 s in which the server uses at most 1% of a
  // processor: what it began before, such as preparing segments, may take its time.
  void expect_idle() {
    constexpr auto kSpan = std::chrono::milliseconds(1500);
    const u64 ticks_max = static_cast<u64>(::sysconf(_SC_CLK_TCK)) * 15 / 1000;
    u64 used = 0;
    for (int attempt = 0; attempt < 6; ++attempt) {
      const u64 before = used_ticks();
      std::this_thread::sleep_for(kSpan);  // Nothing happening is what is measured.
      used = used_ticks() - before;
      if (used <= ticks_max) return;
    }
    ADD_FAILURE() << "the idle server used " << used << " clock ticks in 1.5 s";
  }

  void expect_idle_after_work(const Arguments& arguments) {
    start(arguments);
    client::Client client = connect();
    create_two_accounts(client);
    for (u64 id = 1; id <= 100; ++id) {
      const ledger::Transfer events[] = {transfer(id, 1, 2, 1)};
      must(client.create_transfers(events));
    }
    expect_idle();
    expect_healthy();
  }
};

TEST_F(Idle, server_uses_no_processor_inline) { expect_idle_after_work({"--mode", "inline"}); }

TEST_F(Idle, server_uses_no_processor_in_parallel) {
  expect_idle_after_work({"--mode", "parallel", "--partitions", "4", "--net-threads", "2"});
}

}  // namespace
}  // namespace florin::test
