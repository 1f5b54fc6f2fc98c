// The verification against a fake server that has the right state, or one of many wrong ones.
#include "bench/load_verification.h"

#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "tests/client/fake_server.h"
#include "tests/client/replies.h"

namespace florin::bench {
namespace {

using test::FakeConnection;
using test::FakeFrame;
using test::FakeServer;

// What a server holds after it was loaded; a test may spoil it.
struct State {
  std::map<u128, ledger::Account> accounts;
  std::map<u128, ledger::Transfer> transfers;
  ledger::LedgerTotals totals;
  u64 transfers_told = 0;
};

LoadOptions small_load() {
  LoadOptions options;
  options.workload.accounts = 20;
  options.workload.ledger = 3;
  options.workload.seed = 6;
  options.transfers = 500;
  return options;
}

State state_after(const LoadOptions& options) {
  Workload workload(options.workload);
  State state;
  for (u64 index = 0; index < options.workload.accounts; ++index) {
    const ledger::Account account = workload.account(index);
    state.accounts[account.id] = account;
  }
  ledger::Transfer transfer;
  for (u64 index = 0; index < options.transfers; ++index) {
    workload.next(transfer);
    state.transfers[transfer.id] = transfer;
    state.accounts[transfer.debit_account_id].debits_posted += transfer.amount;
    state.accounts[transfer.credit_account_id].credits_posted += transfer.amount;
    state.totals.debits_posted.add(transfer.amount);
    state.totals.credits_posted.add(transfer.amount);
  }
  state.totals.ledger = options.workload.ledger;
  state.totals.accounts = options.workload.accounts;
  state.transfers_told = options.transfers;
  return state;
}

void answer_ping(const State& state, FakeConnection& connection, u64 number) {
  protocol::ServerInfo info;
  info.transfers = state.transfers_told;
  protocol::ByteBuffer out;
  protocol::encode_server_info(number, info, out);
  connection.send(out.bytes());
}

void answer(const State& state, FakeConnection& connection, const FakeFrame& frame) {
  ledger::Request request;
  const auto kind = protocol::decode_request(
      std::span(frame.bytes).subspan(protocol::kFrameHeaderBytes), {}, request);
  ASSERT_TRUE(kind.has_value());
  if (*kind == protocol::RequestKind::Ping) return answer_ping(state, connection, frame.number);
  request.number = frame.number;
  if (request.operation == ledger::Operation::GetTrialBalance) {
    if (state.totals.accounts > 0) request.totals = {state.totals};
    return test::reply(connection, request);
  }
  for (const u128 id : request.ids()) {
    if (request.operation == ledger::Operation::LookupAccounts) {
      const auto found = state.accounts.find(id);
      request.accounts.push_back(found == state.accounts.end() ? ledger::Account{} : found->second);
    } else {
      const auto found = state.transfers.find(id);
      const bool missing = found == state.transfers.end();
      request.transfers.push_back(missing ? ledger::Transfer{} : found->second);
      request.transfer_outcomes.push_back(missing ? 0 : 1);
    }
  }
  test::reply(connection, request);
}

Verification verify_after(const std::function<void(State&)>& spoil, bool exclusive) {
  const LoadOptions options = small_load();
  State state = state_after(options);
  spoil(state);
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    answer(state, connection, frame);
  });
  client::ClientOptions client_options;
  client_options.port = server.port();
  auto client = client::Client::connect(client_options, Random(1));
  EXPECT_TRUE(client.has_value());
  const auto verification = verify(*client, options, exclusive);
  EXPECT_TRUE(verification.has_value()) << verification.error().message;
  return *verification;
}

TEST(Verification, finds_nothing_wrong_with_the_right_state) {
  const Verification verification = verify_after([](State&) {}, true);
  EXPECT_TRUE(verification.problems.empty()) << verification.problems.front();
  EXPECT_EQ(verification.accounts_checked, 20u);
  EXPECT_EQ(verification.transfers_checked, 500u);
}

struct Spoiled {
  const char* name;
  const char* told;  // A part of the problem's text.
  void (*spoil)(State&);
};

class Spoiling : public testing::TestWithParam<Spoiled> {};

TEST_P(Spoiling, is_found) {
  const Verification verification = verify_after(GetParam().spoil, true);
  ASSERT_FALSE(verification.problems.empty());
  EXPECT_NE(verification.problems.front().find(GetParam().told), std::string::npos)
      << verification.problems.front();
}

INSTANTIATE_TEST_SUITE_P(
    Of, Spoiling,
    testing::Values(Spoiled{"a_transfer_lost", "is missing",
                            [](State& state) { state.transfers.erase(state.transfers.begin()); }},
                    Spoiled{"a_transfer_changed", "not as it was sent",
                            [](State& state) { state.transfers.rbegin()->second.amount += 1; }},
                    Spoiled{"an_account_lost", "is missing",
                            [](State& state) { state.accounts.erase(state.accounts.begin()); }},
                    Spoiled{
                        "a_balance_changed", "has debits",
                        [](State& state) { state.accounts.begin()->second.credits_posted -= 1; }},
                    Spoiled{"debits_unlike_credits", "debits differ from credits",
                            [](State& state) { state.totals.credits_posted.add(1); }},
                    Spoiled{"money_made_on_both_sides", "not the sum",
                            [](State& state) {
                              state.totals.debits_posted.add(1);
                              state.totals.credits_posted.add(1);
                            }},
                    Spoiled{"something_pending", "pending",
                            [](State& state) { state.totals.debits_pending.add(1); }},
                    Spoiled{"an_account_too_many", "21 accounts",
                            [](State& state) { state.totals.accounts += 1; }},
                    Spoiled{"no_ledger", "the ledger is missing",
                            [](State& state) { state.totals.accounts = 0; }},
                    Spoiled{"a_transfer_too_many", "holds 501",
                            [](State& state) { state.transfers_told += 1; }}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(Verification, leaves_the_count_of_a_shared_server_alone) {
  const auto spoil = [](State& state) { state.transfers_told += 1000; };
  EXPECT_TRUE(verify_after(spoil, false).problems.empty());
}

}  // namespace
}  // namespace florin::bench
