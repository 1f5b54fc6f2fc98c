// `florin statement` beside a running server: it waits for what the server has just logged, makes
// one statement or all of them, and proves them.
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "statement/calendar.h"
#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

using Json = nlohmann::json;

constexpr u64 kAccounts = 25;

u64 october(u64 day, u64 minute = 0) {
  const i64 first = statement::day_number({2026, 10, 1});
  return ((static_cast<u64>(first) + day - 1) * 86'400 + minute * 60) * kNsPerSecond;
}

class StatementCommand : public ServerTest {
 protected:
  // Accounts 101 to 125 of September, and transfers among them in October, imported just now: the
  // first at noon of the 1st.
  void import_october(u64 transfers) {
    start();
    client::Client client = connect();
    std::vector<ledger::Account> accounts(kAccounts);
    for (u64 index = 0; index < kAccounts; ++index) {
      ledger::Account& account = accounts[index];
      account = {};
      account.id = 101 + index;
      account.ledger = 978;
      account.code = 1;
      account.flags = ledger::account_flags::kImported;
      account.timestamp = october(1) - 86'400 * kNsPerSecond + index;
    }
    for (const auto& made : must(client.create_accounts(accounts)).results) {
      EXPECT_EQ(made.outcome, ledger::AccountOutcome::Created);
    }
    std::vector<ledger::Transfer> events(transfers);
    for (u64 index = 0; index < transfers; ++index) {
      ledger::Transfer& event = events[index];
      event = {};
      event.id = 1 + index;
      event.debit_account_id = 101 + index % kAccounts;
      event.credit_account_id = 101 + (index + 1) % kAccounts;
      event.amount = 100 + index;
      event.ledger = 978;
      event.code = 14;
      event.flags = ledger::transfer_flags::kImported;
      event.timestamp = october(1, 720 + index);
    }
    for (const auto& made : must(client.create_transfers(events)).results) {
      EXPECT_EQ(made.outcome, ledger::TransferOutcome::Created);
    }
  }

  std::string of_october() const { return "statement --data '" + data() + "' --period 2026-10 "; }
  std::string path(const std::string& name) const { return directory() + "/" + name; }
};

TEST_F(StatementCommand, shows_what_a_running_server_has_just_logged) {
  import_october(60);
  const Ran text = florin(of_october() + "--account 101");
  EXPECT_EQ(text.status, 0) << text.output;
  EXPECT_NE(text.output.find("Statement 2 of account 101"), std::string::npos) << text.output;
  EXPECT_NE(text.output.find("closing balance"), std::string::npos);

  const Ran json = florin(of_october() + "--account 101 --format json");
  ASSERT_EQ(json.status, 0) << json.output;
  const Json made = Json::parse(json.output);
  // Transfers 1, 26 and 51 debit the account, 25 and 50 credit it.
  ASSERT_EQ(made["entries"].size(), 5U);
  EXPECT_EQ(made["closing"], "-1.02");
  EXPECT_EQ(made["entries"][4]["transfer_id"], "51");
  // More of the same month: nothing that was answered is missing, however soon it is asked.
  client::Client client = connect();
  ledger::Transfer more = transfer(1000, 102, 101, 102);
  more.ledger = 978;
  more.flags = ledger::transfer_flags::kImported;
  more.timestamp = october(20);
  EXPECT_EQ(must(client.create_transfers({&more, 1})).results[0].outcome,
            ledger::TransferOutcome::Created);
  const Ran again = florin(of_october() + "--account 101 --format json");
  ASSERT_EQ(again.status, 0) << again.output;
  EXPECT_EQ(Json::parse(again.output)["closing"], "0.00");
}

TEST_F(StatementCommand, makes_all_of_them_and_proves_them) {
  import_october(60);
  std::ofstream(path("bank.toml")) << "name = 'Florin Bank'\ntime_zone = 'Europe/Berlin'\n";
  const std::string all = of_october() + "--all --format csv --json --bank '" + path("bank.toml") +
                          "' --output '" + path("out") + "'";
  const Ran run = florin(all);
  ASSERT_EQ(run.status, 0) << run.output;
  const Json summary = Json::parse(run.output);
  EXPECT_EQ(summary["statements"], kAccounts);
  EXPECT_EQ(summary["totals"][0]["closing"], "0.00");
  EXPECT_EQ(summary["was_complete"], false);
  const std::string file = path("out/2026-10/00/101.csv");
  ASSERT_TRUE(std::filesystem::exists(file));
  const Ran one = florin(of_october() + "--account 101 --format csv --bank '" + path("bank.toml") +
                         "' --output '" + path("one.csv") + "' --json");
  EXPECT_EQ(one.status, 0) << one.output;
  EXPECT_EQ(run_shell("cmp '" + file + "' '" + path("one.csv") + "'").status, 0);
  EXPECT_EQ(Json::parse(one.output)["entries"], 5);

  const Ran again = florin(all);
  EXPECT_EQ(Json::parse(again.output)["was_complete"], true) << again.output;
  const Ran verified = florin("statement --verify '" + path("out") + "'");
  EXPECT_EQ(verified.status, 0) << verified.output;
  std::ofstream(file, std::ios::app) << "x";
  const Ran damaged = florin("statement --verify '" + path("out") + "' --json");
  EXPECT_EQ(damaged.status, 3) << damaged.output;
  EXPECT_EQ(Json::parse(damaged.output)["problems_found"], 1);
}

TEST_F(StatementCommand, says_what_to_do) {
  import_october(3);
  const struct {
    std::string words;
    const char* said;
  } lines[] = {
      {of_october(), "--account ID or --all"},
      {of_october() + "--all --account 101", "--account ID or --all"},
      {of_october() + "--account x", "expected the number of an account"},
      {of_october() + "--account 999", "there was no account 999 at the end of 2026-10"},
      {of_october() + "--account 101 --format word", "camt053"},
      {of_october() + "--all --format csv", "--output DIR"},
      {of_october() + "--all --output out", "--format"},
      {of_october() + "--account 101 --bank nobody.toml", "nobody.toml"},
      {"statement --data '" + data() + "' --account 101", "--period"},
      {"statement --data '" + data() + "' --account 101 --period October", "2026-10-03/2026-10-17"},
      {"statement --data '" + data() + "' --account 101 --period 2200", "can be made then"},
      {"statement --account 101 --period 2026-10", "--data DIR"},
      {"statement --data nowhere --account 101 --period 2026-10", "nowhere"},
      {"statement --verify '" + data() + "'", "no manifest"},
  };
  for (const auto& line : lines) {
    const Ran ran = florin(line.words);
    EXPECT_EQ(ran.status, 1) << line.words;
    EXPECT_NE(ran.output.find(line.said), std::string::npos) << line.words << "\n" << ran.output;
  }
}

// Days that are not over end where history ends, without waiting for more.
TEST_F(StatementCommand, makes_one_up_to_now) {
  start();
  client::Client client = connect();
  create_two_accounts(client);
  const ledger::Transfer event = transfer(7, 1, 2, 30);
  must(client.create_transfers({&event, 1}));
  const std::string words =
      "statement --data '" + data() + "' --account 2 --period 2026-01-01/2261-12-31 --format json";
  Json made;
  EXPECT_TRUE(eventually([&] {
    const Ran ran = florin(words);
    if (ran.status == 0) made = Json::parse(ran.output);
    return ran.status == 0 && made["entries"].size() == 1;
  }));
  EXPECT_EQ(made["closing"], "30");
  EXPECT_EQ(made["number"], 0);
}

}  // namespace
}  // namespace florin::test
