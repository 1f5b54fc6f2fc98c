// The reference ledger through every table, what the tables reach, and the runner itself.
#include <gtest/gtest.h>

#include "tests/ledger/reference_under_test.h"

namespace florin::test {
namespace {

using ledger::AccountOutcome;
using ledger::TransferOutcome;

class Tables : public testing::TestWithParam<NamedTable> {};

TEST_P(Tables, hold_for_the_reference) {
  ReferenceUnderTest reference;
  const TableReport report = run_table(reference, GetParam().text);
  EXPECT_TRUE(report.passed()) << report.text();
}

INSTANTIATE_TEST_SUITE_P(Ledger, Tables,
                         testing::ValuesIn(all_tables().begin(), all_tables().end()),
                         [](const auto& table) { return table.param.name; });

// What needs imported events, holds, closing, freezing or limits other than the two flags.
bool is_built(AccountOutcome outcome) {
  return outcome != AccountOutcome::ImportedEventExpected &&
         outcome != AccountOutcome::ImportedEventNotExpected &&
         outcome != AccountOutcome::ImportedEventTimestampOutOfRange &&
         outcome != AccountOutcome::ImportedEventTimestampMustNotAdvance &&
         outcome != AccountOutcome::ImportedEventTimestampMustNotRegress;
}

constexpr TransferOutcome kBuilt[] = {
    TransferOutcome::Created,
    TransferOutcome::LinkedEventFailed,
    TransferOutcome::LinkedEventChainOpen,
    TransferOutcome::TimestampMustBeZero,
    TransferOutcome::ReservedFlag,
    TransferOutcome::IdMustNotBeZero,
    TransferOutcome::IdMustNotBeIntMax,
    TransferOutcome::ExistsWithDifferentFlags,
    TransferOutcome::ExistsWithDifferentPendingId,
    TransferOutcome::ExistsWithDifferentTimeout,
    TransferOutcome::ExistsWithDifferentDebitAccountId,
    TransferOutcome::ExistsWithDifferentCreditAccountId,
    TransferOutcome::ExistsWithDifferentAmount,
    TransferOutcome::ExistsWithDifferentUserData128,
    TransferOutcome::ExistsWithDifferentUserData64,
    TransferOutcome::ExistsWithDifferentUserData32,
    TransferOutcome::ExistsWithDifferentLedger,
    TransferOutcome::ExistsWithDifferentCode,
    TransferOutcome::Exists,
    TransferOutcome::IdAlreadyFailed,
    TransferOutcome::DebitAccountIdMustNotBeZero,
    TransferOutcome::DebitAccountIdMustNotBeIntMax,
    TransferOutcome::CreditAccountIdMustNotBeZero,
    TransferOutcome::CreditAccountIdMustNotBeIntMax,
    TransferOutcome::AccountsMustBeDifferent,
    TransferOutcome::PendingIdMustBeZero,
    TransferOutcome::TimeoutReservedForPendingTransfer,
    TransferOutcome::LedgerMustNotBeZero,
    TransferOutcome::CodeMustNotBeZero,
    TransferOutcome::DebitAccountNotFound,
    TransferOutcome::CreditAccountNotFound,
    TransferOutcome::AccountsMustHaveTheSameLedger,
    TransferOutcome::TransferMustHaveTheSameLedgerAsAccounts,
    TransferOutcome::OverflowsDebitsPosted,
    TransferOutcome::OverflowsCreditsPosted,
    TransferOutcome::ExceedsCredits,
    TransferOutcome::ExceedsDebits,
};

// `overflows_debits` and `overflows_credits` compare pending plus posted: while nothing can be
// pending, the check of the posted counter alone always comes first.
TEST(TablesTogether, reach_every_outcome_that_can_be_given) {
  std::set<AccountOutcome> accounts;
  std::set<TransferOutcome> transfers;
  for (const NamedTable& table : all_tables()) {
    ReferenceUnderTest reference;
    const TableReport report = run_table(reference, table.text);
    accounts.insert(report.account_outcomes.begin(), report.account_outcomes.end());
    transfers.insert(report.transfer_outcomes.begin(), report.transfer_outcomes.end());
  }
  for (u32 number = 1; number < ledger::kAccountOutcomeEnd; ++number) {
    const auto outcome = static_cast<AccountOutcome>(number);
    EXPECT_EQ(accounts.contains(outcome), is_built(outcome)) << name(outcome);
  }
  EXPECT_EQ(transfers, std::set<TransferOutcome>(std::begin(kBuilt), std::end(kBuilt)));
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

TEST(TableRunner, refuses_lines_that_are_not_of_the_language) {
  for (const std::string_view line :
       {"acount A1 -> created", "account A1", "account Ax -> created", "account A1 7 -> created",
        "account A1 code=65536 -> created", "account A1 color=1 -> created",
        "account A1 id=2^128 -> created", "transfer T1 A1 A2 -> created", "lookup A1 A2 -> found",
        "lookup ->", "balance", "totals max=1 ->", "total 1 accounts",
        "account A1 flag_bit=16 -> x", "account A1 ud128=2^128 -> created",
        "account A1 ud64=2^1x -> created"}) {
    EXPECT_EQ(failures_of(line).size(), 1u) << line;
  }
}

// Answers something other than what was asked for in one respect, to see that the runner notices.
class Liar final : public LedgerUnderTest {
 public:
  explicit Liar(void (*lie)(ledger::Request&)) : lie_(lie) {}
  void run(ledger::Request& request) override {
    honest_.run(request);
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
                    "transfer T1 A1 -> A2 ud64=7 -> created\nlookup T1 A1 -> created found\n"
                    "transfer T2 A9 -> A2 -> debit_account_not_found\n"
                    "lookup T1 T2 -> created debit_account_not_found\nlookup A1 -> found\n")
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
}

}  // namespace
}  // namespace florin::test
