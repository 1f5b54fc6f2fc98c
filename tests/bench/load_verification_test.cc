// The verification against a fake server that has the right state, or one of many wrong ones.
#include "bench/load_verification.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/bench/workload_ledger.h"
#include "tests/client/fake_server.h"
#include "tests/client/replies.h"

namespace florin::bench {
namespace {

using test::FakeConnection;
using test::FakeFrame;
using test::FakeServer;

// What went wrong at the server: it never got one transfer, or it answers something else than it
// has.
struct Damage {
  WorkloadKind kind = WorkloadKind::Plain;
  std::optional<Step> lost = {};              // The last transfer that does this.
  void (*spoil)(ledger::Request&) = nullptr;  // Changes an answer.
  u64 transfers_more = 0;                     // Told by a ping.
};

LoadOptions small_load(WorkloadKind kind) {
  LoadOptions options;
  options.workload.kind = kind;
  options.workload.accounts = 20;
  options.workload.ledger = 3;
  options.workload.seed = 6;
  options.transfers = 500;
  options.batch = 50;
  return options;
}

u64 last_with(Step step, const LoadOptions& options) {
  const TransferPlan plan(options.workload.kind, options.send_plan());
  u64 index = options.transfers - 1;
  while (plan.at(index).step != step) --index;
  return index;
}

void run_load_on(test::WorkloadLedger& ledger, const LoadOptions& options,
                 std::optional<u64> lost) {
  Workload workload(options.workload, options.send_plan());
  ledger::Transfer transfer;
  std::vector<ledger::Transfer> chain;
  while (workload.drawn() < options.transfers) {
    const u64 index = workload.drawn();
    workload.next(transfer);
    if (lost != index) chain.push_back(transfer);
    if ((transfer.flags & ledger::transfer_flags::kLinked) != 0) continue;
    if (!chain.empty()) ledger.create(chain);
    chain.clear();
  }
}

void answer_ping(u64 transfers, FakeConnection& connection, u64 number) {
  protocol::ServerInfo info;
  info.transfers = transfers;
  protocol::ByteBuffer out;
  protocol::encode_server_info(number, info, out);
  connection.send(out.bytes());
}

// A server whose ledger was loaded, with or without damage.
class LoadedServer {
 public:
  LoadedServer(const LoadOptions& options, const Damage& damage)
      : damage_(damage), ledger_(Workload(options.workload, options.send_plan())) {
    std::optional<u64> lost;
    if (damage.lost) lost = last_with(*damage.lost, options);
    run_load_on(ledger_, options, lost);
  }

  void answer(FakeConnection& connection, const FakeFrame& frame) {
    ledger::Request request;
    const auto kind = protocol::decode_request(
        std::span(frame.bytes).subspan(protocol::kFrameHeaderBytes), {}, request);
    ASSERT_TRUE(kind.has_value());
    if (*kind == protocol::RequestKind::Ping) {
      const u64 transfers = ledger_.reference().transfers().size() + damage_.transfers_more;
      return answer_ping(transfers, connection, frame.number);
    }
    request.number = frame.number;
    ledger_.run(request);
    if (damage_.spoil != nullptr) damage_.spoil(request);
    test::reply(connection, request);
  }

 private:
  const Damage damage_;
  test::WorkloadLedger ledger_;
};

Verification verify_after(const Damage& damage, bool exclusive) {
  const LoadOptions options = small_load(damage.kind);
  LoadedServer loaded(options, damage);
  FakeServer server([&](FakeConnection& connection, const FakeFrame& frame) {
    loaded.answer(connection, frame);
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
  for (const WorkloadKind kind : {WorkloadKind::Plain, WorkloadKind::Holds, WorkloadKind::Chains,
                                  WorkloadKind::Limits, WorkloadKind::Mixed}) {
    SCOPED_TRACE(name(kind));
    const Verification verification = verify_after({.kind = kind}, true);
    EXPECT_TRUE(verification.problems.empty()) << verification.problems.front();
    EXPECT_EQ(verification.accounts_checked, 20u);
    EXPECT_EQ(verification.transfers_checked, 500u);
  }
}

struct Found {
  const char* name;
  const char* told;  // A part of a problem's text.
  Damage damage;
};

class DamageOf : public testing::TestWithParam<Found> {};

TEST_P(DamageOf, is_found) {
  const Verification verification = verify_after(GetParam().damage, true);
  std::string told;
  for (const std::string& problem : verification.problems) told += problem + "\n";
  EXPECT_NE(told.find(GetParam().told), std::string::npos) << told;
}

// Changes an answer if it has such objects.
template <auto member>
void change(ledger::Request& request, void (*how)(ledger::Request&)) {
  if (!(request.*member).empty()) how(request);
}

void move_a_balance(ledger::Request& request) {
  change<&ledger::Request::accounts>(request, [](auto& r) { r.accounts[3].credits_posted -= 1; });
}

void move_a_pending_balance(ledger::Request& request) {
  change<&ledger::Request::accounts>(request, [](auto& r) { r.accounts[3].debits_pending += 1; });
}

void lose_an_account(ledger::Request& request) {
  change<&ledger::Request::accounts>(request, [](auto& r) { r.accounts[3] = {}; });
}

void lose_a_transfer(ledger::Request& request) {
  change<&ledger::Request::transfers>(request, [](auto& r) { r.transfers[7] = {}; });
}

void change_a_transfer(ledger::Request& request) {
  change<&ledger::Request::transfers>(request, [](auto& r) { r.transfers[499].amount += 1; });
}

void open_a_posted_hold(ledger::Request& request) {
  change<&ledger::Request::transfers>(request, [](auto& r) {
    r.transfer_statuses[7].pending_status = static_cast<u8>(ledger::PendingStatus::Pending);
  });
}

void keep_money_on_a_posted_hold(ledger::Request& request) {
  change<&ledger::Request::transfers>(request,
                                      [](auto& r) { r.transfer_statuses[7].remaining = 1; });
}

void move_a_deadline(ledger::Request& request) {
  for (ledger::TransferStatus& status : request.transfer_statuses) {
    if (status.expires_at > 0) status.expires_at += 1;
  }
}

void forget_a_charge(ledger::Request& request) {
  change<&ledger::Request::limits>(request, [](auto& r) { r.limits[3].velocity_sum_used -= 1; });
}

void forget_a_limit(ledger::Request& request) {
  change<&ledger::Request::limits>(request, [](auto& r) { r.limits[3].transfer_limit = 0; });
}

void make_credit(ledger::Request& request) {
  change<&ledger::Request::totals>(request, [](auto& r) { r.totals[0].credits_posted.add(1); });
}

void make_money(ledger::Request& request) {
  change<&ledger::Request::totals>(request, [](auto& r) {
    r.totals[0].debits_posted.add(1);
    r.totals[0].credits_posted.add(1);
  });
}

void hold_more(ledger::Request& request) {
  change<&ledger::Request::totals>(request, [](auto& r) {
    r.totals[0].debits_pending.add(1);
    r.totals[0].credits_pending.add(1);
  });
}

void count_an_account(ledger::Request& request) {
  change<&ledger::Request::totals>(request, [](auto& r) { r.totals[0].accounts += 1; });
}

void lose_the_ledger(ledger::Request& request) { request.totals.clear(); }

constexpr const char* kNotTheSum = "not the sum of the amounts";
constexpr const char* kPendingNotTheSum = "what is pending is not the sum";
constexpr const char* kWrongState = "not in the state";

INSTANTIATE_TEST_SUITE_P(
    Which, DamageOf,
    testing::Values(
        Found{"a_transfer_lost", "is missing", {.lost = Step::Plain}},
        Found{"a_hold_lost", kNotTheSum, {.kind = WorkloadKind::Holds, .lost = Step::Hold}},
        Found{"a_post_lost", kNotTheSum, {.kind = WorkloadKind::Holds, .lost = Step::Post}},
        Found{"a_post_lost_still_pending",
              kPendingNotTheSum,
              {.kind = WorkloadKind::Holds, .lost = Step::Post}},
        Found{"a_post_lost_open_hold",
              kWrongState,
              {.kind = WorkloadKind::Holds, .lost = Step::Post}},
        Found{"an_open_hold_lost",
              kPendingNotTheSum,
              {.kind = WorkloadKind::Mixed, .lost = Step::Hold}},
        Found{"a_void_lost", kPendingNotTheSum, {.kind = WorkloadKind::Mixed, .lost = Step::Void}},
        Found{"a_capture_lost", kNotTheSum, {.kind = WorkloadKind::Mixed, .lost = Step::Capture}},
        Found{"a_transfer_not_found", "is missing", {.spoil = lose_a_transfer}},
        Found{"a_transfer_changed", "not as it was sent", {.spoil = change_a_transfer}},
        Found{"a_posted_hold_open",
              kWrongState,
              {.kind = WorkloadKind::Holds, .spoil = open_a_posted_hold}},
        Found{"a_posted_hold_with_money",
              kWrongState,
              {.kind = WorkloadKind::Holds, .spoil = keep_money_on_a_posted_hold}},
        Found{"a_deadline_moved",
              kWrongState,
              {.kind = WorkloadKind::Mixed, .spoil = move_a_deadline}},
        Found{"an_account_lost", "is missing", {.spoil = lose_an_account}},
        Found{"a_balance_changed", "has debits", {.spoil = move_a_balance}},
        Found{"a_pending_balance_changed", "has debits", {.spoil = move_a_pending_balance}},
        Found{"a_charge_forgotten",
              "used; expected",
              {.kind = WorkloadKind::Limits, .spoil = forget_a_charge}},
        Found{"a_limit_forgotten",
              "not as they were set",
              {.kind = WorkloadKind::Limits, .spoil = forget_a_limit}},
        Found{"debits_unlike_credits", "debits differ from credits", {.spoil = make_credit}},
        Found{"money_made_on_both_sides", kNotTheSum, {.spoil = make_money}},
        Found{"something_pending", kPendingNotTheSum, {.spoil = hold_more}},
        Found{"an_account_too_many", "21 accounts", {.spoil = count_an_account}},
        Found{"no_ledger", "the ledger is missing", {.spoil = lose_the_ledger}},
        Found{"a_transfer_too_many", "holds 501", {.transfers_more = 1}}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(Verification, leaves_the_count_of_a_shared_server_alone) {
  EXPECT_TRUE(verify_after({.transfers_more = 1000}, false).problems.empty());
}

}  // namespace
}  // namespace florin::bench
