// The reference ledger through every table, what the tables reach, and the runner itself.
#include <gtest/gtest.h>

#include "tests/ledger/reference_under_test.h"

namespace florin::test {
namespace {

using ledger::AccountOutcome;
using ledger::TransferOutcome;
using ledger::UpdateOutcome;

class Tables : public testing::TestWithParam<NamedTable> {};

TEST_P(Tables, hold_for_the_reference) {
  ReferenceUnderTest reference;
  const TableReport report = run_table(reference, GetParam().text);
  EXPECT_TRUE(report.passed()) << report.text();
}

INSTANTIATE_TEST_SUITE_P(Ledger, Tables,
                         testing::ValuesIn(all_tables().begin(), all_tables().end()),
                         [](const auto& table) { return table.param.name; });

// Every number of a list that no table reached, by name.
template <class Outcome>
std::string missing(const std::set<Outcome>& reached, u32 end) {
  std::string names;
  for (u32 number = 1; number < end; ++number) {
    const auto outcome = static_cast<Outcome>(number);
    if (!reached.contains(outcome)) names += std::string(name(outcome)) + " ";
  }
  return names;
}

TEST(TablesTogether, reach_every_outcome) {
  std::set<AccountOutcome> accounts;
  std::set<TransferOutcome> transfers;
  std::set<UpdateOutcome> updates;
  for (const NamedTable& table : all_tables()) {
    ReferenceUnderTest reference;
    const TableReport report = run_table(reference, table.text);
    accounts.insert(report.account_outcomes.begin(), report.account_outcomes.end());
    transfers.insert(report.transfer_outcomes.begin(), report.transfer_outcomes.end());
    updates.insert(report.update_outcomes.begin(), report.update_outcomes.end());
  }
  EXPECT_EQ(missing(accounts, ledger::kAccountOutcomeEnd), "");
  EXPECT_EQ(missing(transfers, ledger::kTransferOutcomeEnd), "");
  EXPECT_EQ(missing(updates, ledger::kUpdateOutcomeEnd), "");
}

TEST(TablesTogether, have_names_of_their_own) {
  std::set<std::string> names;
  for (const NamedTable& table : all_tables()) {
    EXPECT_TRUE(names.insert(table.name).second) << table.name;
  }
}

std::vector<std::string> failures_of(std::string_view table) {
  ReferenceUnderTest reference;
  return run_table(reference, table).failures;
}

TEST(TableRunner, names_the_line_and_both_outcomes) {
  const auto failures = failures_of("account A1 -> created\n\naccount A2 -> exists\n");
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_EQ(failures[0], "line 3: account A2 -> exists: outcome: expected exists, got created");
}

TEST(TableRunner, finds_wrong_balances_and_lookups) {
  constexpr std::string_view kPrepared =
      "account A1 -> created\naccount A2 -> created\n"
      "transfer T1 A1 -> A2 amount=5 -> created\n";
  const auto failures = [&](std::string_view line) {
    return failures_of(std::string(kPrepared) + std::string(line)).size();
  };
  EXPECT_EQ(failures("balance A1 dpo=5"), 0u);
  EXPECT_EQ(failures("balance A1 dpo=4"), 1u);
  EXPECT_EQ(failures("balance A1 cpo=5"), 2u);
  EXPECT_EQ(failures("lookup A1 A3 -> found missing"), 0u);
  EXPECT_EQ(failures("lookup A1 A3 -> missing found"), 2u);
  EXPECT_EQ(failures("lookup T1 -> missing"), 1u);
  EXPECT_EQ(failures("totals min=0 limit=2 -> 1"), 0u);
  EXPECT_EQ(failures("totals min=0 limit=2 -> 1 more"), 1u);
  EXPECT_EQ(failures("total 1 accounts=2 dpo=5 cpo=5"), 0u);
  EXPECT_EQ(failures("total 1 accounts=1 dpo=2^128+5 cpo=5"), 2u);
}

constexpr std::string_view kHold =
    "account A1 -> created\naccount A2 -> created\n"
    "transfer T1 A1 -> A2 amount=9 pending timeout=5 ud64=7 -> created\n"
    "post T2 T1 amount=4 capture_partial -> created\n"
    "update U1 A1 transfer_limit=3 velocity_sum=8 freeze_credits reason=by_0_0 -> created\n";

usize failures_behind_hold(std::string_view line) {
  return failures_of(std::string(kHold) + std::string(line)).size();
}

TEST(TableRunner, finds_wrong_statuses_flags_and_limits) {
  EXPECT_EQ(failures_behind_hold("status T1 -> created pending remaining=5 expires=T1+5s"), 0u);
  EXPECT_EQ(failures_behind_hold("status T1 -> created pending remaining=4 expires=T1+5s"), 1u);
  EXPECT_EQ(failures_behind_hold("status T1 -> created pending remaining=5 expires=T1+6s"), 1u);
  EXPECT_EQ(failures_behind_hold("status T1 -> created posted remaining=5 expires=T1+5s"), 1u);
  EXPECT_EQ(failures_behind_hold("status T2 -> created"), 0u);
  EXPECT_EQ(failures_behind_hold("status T2 -> created reversed"), 1u);
  EXPECT_EQ(failures_behind_hold("status T2 -> missing"), 1u);
  EXPECT_EQ(failures_behind_hold("flags A1 -> frozen_credits"), 0u);
  EXPECT_EQ(failures_behind_hold("flags A1 ->"), 1u);
  EXPECT_EQ(failures_behind_hold("flags A2 -> closed"), 1u);
  EXPECT_EQ(failures_behind_hold("limits A1 -> transfer=3 velocity_sum=8 since=U1"), 0u);
  EXPECT_EQ(failures_behind_hold("limits A1 -> transfer=3 velocity_sum=8 used=1 since=U1"), 1u);
  EXPECT_EQ(failures_behind_hold("limits A1 -> transfer=3 velocity_sum=8"), 1u);
  EXPECT_EQ(failures_behind_hold("limits A1 -> velocity_sum=8 since=U1"), 1u);
  EXPECT_EQ(failures_behind_hold("limits A2 ->"), 0u);
  EXPECT_EQ(failures_behind_hold("limits A2 -> missing"), 2u);
}

TEST(TableRunner, finds_wrong_pages) {
  EXPECT_EQ(failures_behind_hold("query_transfers limit=9 -> T1 T2"), 0u);
  EXPECT_EQ(failures_behind_hold("query_transfers limit=9 -> T2 T1"), 1u);
  EXPECT_EQ(failures_behind_hold("query_transfers limit=9 -> T1 T2 more"), 1u);
  EXPECT_EQ(failures_behind_hold("query_transfers limit=1 -> T1 more next=1 as_of=2"), 0u);
  EXPECT_EQ(failures_behind_hold("query_transfers limit=1 -> T1 more next=2 as_of=1"), 2u);
  EXPECT_EQ(failures_behind_hold("query_transfers limit=9 status=posted -> invalid_filter"), 1u);
  EXPECT_EQ(failures_behind_hold("query_accounts limit=9 -> A1 A2"), 0u);
  EXPECT_EQ(failures_behind_hold("query_accounts limit=9 debits -> A1 A2"), 1u);
  EXPECT_EQ(failures_behind_hold("changes limit=9 -> U1"), 0u);
  EXPECT_EQ(failures_behind_hold("changes limit=9 account=A2 -> U1"), 1u);
}

TEST(TableRunner, finds_wrong_amounts_and_balances_of_replies) {
  EXPECT_EQ(failures_behind_hold("request balances\npost T3 T1 -> created amount=5 "
                                 "debit.dpo=9 credit.cpo=9"),
            0u);
  EXPECT_EQ(failures_behind_hold("request balances\npost T3 T1 -> created amount=5"), 1u);
  EXPECT_EQ(failures_behind_hold("post T3 T1 -> created amount=4"), 1u);
  EXPECT_EQ(failures_behind_hold("request dry_run\npost T3 T1 -> created"), 0u);
  EXPECT_EQ(failures_behind_hold("time T1+5s\npost T3 T1 -> created"), 1u);
  EXPECT_EQ(failures_behind_hold("time +5s\ntick\nstatus T1 -> created expired"), 0u);
}

TEST(TableRunner, refuses_lines_that_are_not_of_the_language) {
  for (const std::string_view line : {"acount A1 -> created",
                                      "account A1",
                                      "account Ax -> created",
                                      "account A1 7 -> created",
                                      "account A1 code=65536 -> created",
                                      "account A1 color=1 -> created",
                                      "account A1 id=2^128 -> created",
                                      "transfer T1 A1 A2 -> created",
                                      "lookup A1 A2 -> found",
                                      "lookup ->",
                                      "lookup T1 A1 -> missing missing",
                                      "balance",
                                      "totals max=1 ->",
                                      "total 1 accounts",
                                      "account A1 flag_bit=16 -> x",
                                      "account A1 ud128=2^128 -> created",
                                      "account A1 ud64=2^1x -> created",
                                      "transfer T1 A1 -> A2 debit>5 -> created",
                                      "transfer T1 A1 -> A2 side>=5 -> created",
                                      "transfer T1 A1 -> A2 debit>=x -> created",
                                      "transfer T1 A1 -> A2 void -> created",
                                      "post T1 -> created",
                                      "void T1 A -> created",
                                      "reverse T1 T2 A1 A2 -> created",
                                      "update U1 -> created",
                                      "update U1 A1 thaw -> created",
                                      "account A1 -> created color=1",
                                      "request wet_run",
                                      "time",
                                      "time T1+1s",
                                      "time 5m",
                                      "time 0s",
                                      "flags",
                                      "limits Ax ->",
                                      "limits A1 -> speed=5",
                                      "status T1",
                                      "status T1 -> x y",
                                      "query_transfers ->",
                                      "query_transfers limit=1 has=colour ->",
                                      "changes limit=1 odd ->",
                                      "query_accounts limit=1 status=half ->"}) {
    EXPECT_EQ(failures_of(line).size(), 1u) << line;
  }
}

// Answers something other than what was asked for in one respect, to see that the runner notices.
class Liar final : public LedgerUnderTest {
 public:
  explicit Liar(void (*lie)(ledger::Request&)) : lie_(lie) {}
  void run(ledger::Request& request, Timestamp time) override {
    honest_.run(request, time);
    lie_(request);
  }

 private:
  ReferenceUnderTest honest_;
  void (*lie_)(ledger::Request&);
};

bool noticed(void (*lie)(ledger::Request&)) {
  Liar liar(lie);
  return !run_table(liar,
                    "account A1 -> created\naccount A2 -> created\naccount A2 -> exists\n"
                    "account A3 code=0 -> code_must_not_be_zero\n"
                    "transfer T1 A1 -> A2 ud64=7 -> created\nlookup T1 -> created\n"
                    "transfer T2 A9 -> A2 -> debit_account_not_found\n"
                    "lookup T1 T2 -> created debit_account_not_found\nlookup A1 -> found\n"
                    "transfer T3 A1 -> A2 pending timeout=9 -> created\npost T4 T3 -> created\n"
                    "request balances\n"
                    "transfer T5 A1 -> A2 -> created debit.dpo=3 credit.cpo=3\n"
                    "request dry_run\ntransfer T6 A1 -> A1 -> accounts_must_be_different\n"
                    "request principal=3 trace=4\n"
                    "update U1 A1 ud64=5 transfer_limit=7 reason=by_3_4 -> created\n"
                    "tick\nstatus T4 -> created\nlimits A1 -> transfer=7 since=U1\n"
                    "query_transfers limit=9 -> T1 T3 T4 T5\nquery_accounts limit=9 -> A1 A2\n"
                    "changes limit=9 -> U1\nflags A1 ->\n")
              .passed();
}

TEST(TableRunner, notices_answers_that_are_wrong_in_what_no_line_says) {
  using ledger::Request;
  EXPECT_TRUE(noticed([](Request& request) { request.position.value += 1; }));
  EXPECT_TRUE(noticed([](Request& request) { request.timestamp.ns = 5; }));
  EXPECT_TRUE(noticed([](Request& request) { request.refusal = ledger::RefusalCode::Busy; }));
  EXPECT_TRUE(noticed([](Request& request) {
    for (auto& result : request.exceptions) result.timestamp += 1;
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    if (request.exceptions.size() == 2) std::swap(request.exceptions[0], request.exceptions[1]);
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    for (auto& account : request.accounts) account.code += 1;
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    if (!request.transfers.empty()) request.transfers[0].user_data_64 = 0;
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    if (request.transfers.size() == 2) request.transfers[1].id = 2;
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    for (auto& line : request.totals) line.debits_posted.add(1);
  }));
  EXPECT_TRUE(noticed([](Request& request) { request.position.value += request.dry_run ? 1 : 0; }));
  EXPECT_TRUE(noticed([](Request& request) {
    if (request.operation == ledger::Operation::Tick) request.position.value -= 1;
  }));
  EXPECT_TRUE(noticed([](Request& request) { request.timestamp.ns += request.dry_run ? 1 : 0; }));
  EXPECT_TRUE(noticed([](Request& request) {
    for (auto& status : request.transfer_statuses) status.pending_status = 1;
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    for (auto& transfer : request.transfers) transfer.debit_account_id += transfer.pending_id;
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    for (auto& balances : request.balances) balances.credit_account_credits_posted += 1;
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    if (request.operation == ledger::Operation::CreateTransfers) request.balances.resize(1);
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    for (auto& limits : request.limits) limits.timestamp += 1;
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    for (auto& change : request.changes) change.principal = 9;
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    for (auto& change : request.changes) change.update.timestamp = 9;
  }));
  EXPECT_TRUE(noticed([](Request& request) {
    if (!request.changes.empty()) request.more = true;
  }));
  // Nothing, to see that the rest is not noticed for another reason.
  EXPECT_FALSE(noticed([](Request&) {}));
}

}  // namespace
}  // namespace florin::test
