// `florin client` as a script calls it: the whole program against a whole server.
#include <cstdio>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "cli/server_process.h"
#include "cli/work_directory.h"

namespace florin::cli {
namespace {

struct Ran {
  std::string output;
  int status = -1;
};

class ClientScript : public ::testing::Test {
 protected:
  void SetUp() override {
    auto directory = WorkDirectory::make("");
    ASSERT_TRUE(directory);
    directory_ = std::move(*directory);
    ServerProcessOptions options;
    options.program = FLORIN_PROGRAM;
    options.data_directory = directory_->path() + "/data";
    options.log_path = directory_->path() + "/server.log";
    options.arguments = {"--accounts-max", "1000", "--transfers-max", "1000"};
    auto server = ServerProcess::start(options);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }

  std::string address() const { return server_->host() + ":" + std::to_string(server_->port()); }

  // Runs the client with further words of a shell command.
  Ran client(const std::string& words) {
    return shell(std::string(FLORIN_PROGRAM) + " client --server " + address() + " " + words);
  }

  Ran shell(const std::string& command) {
    Ran ran;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return ran;
    char bytes[4096];
    usize count = 0;
    while ((count = std::fread(bytes, 1, sizeof(bytes), pipe)) > 0) ran.output.append(bytes, count);
    const int status = ::pclose(pipe);
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ran;
  }

  std::unique_ptr<WorkDirectory> directory_;
  std::unique_ptr<ServerProcess> server_;
};

usize count_of(const std::string& text, const std::string& part) {
  usize count = 0;
  for (usize at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_F(ClientScript, lives_the_bank_s_day_once_however_often_it_is_sent) {
  const std::string bank = FLORIN_BANK;
  EXPECT_EQ(client("< " + bank + "/accounts.jsonl").status, 0);
  const Ran day = client("< " + bank + "/day.jsonl");
  EXPECT_EQ(day.status, 0);
  EXPECT_EQ(count_of(day.output, "\n"), 15u);
  EXPECT_EQ(count_of(day.output, R"("status":"created")"), 20u) << day.output;
  EXPECT_EQ(count_of(day.output, R"("status":"exceeds_credits")"), 2u);
  EXPECT_EQ(count_of(day.output, R"("status":"linked_event_failed")"), 1u);
  EXPECT_EQ(count_of(day.output, R"("status":"exists")"), 1u);
  const Ran again = client("< " + bank + "/day.jsonl");
  EXPECT_EQ(count_of(again.output, R"("status":"created")"), 0u) << again.output;
  const Ran ada = client("--execute 'lookup_accounts 101' --json");
  EXPECT_NE(ada.output.find(R"("debits_posted":"162790")"), std::string::npos) << ada.output;
  EXPECT_NE(ada.output.find(R"("credits_posted":"245000")"), std::string::npos) << ada.output;
}

// The counts of words in the tables that the script shows.
struct Expected {
  const char* word;
  usize times;
};

TEST_F(ClientScript, lives_with_cards_and_limits_as_the_example_tells) {
  const std::string bank = FLORIN_BANK;
  ASSERT_EQ(client("< " + bank + "/accounts.jsonl").status, 0);
  ASSERT_EQ(client("< " + bank + "/day.jsonl").status, 0);
  const std::string script = std::string("FLORIN=") + FLORIN_PROGRAM +
                             " FLORIN_SERVER=" + address() + " " + bank + "/cards.sh";
  const Ran first = shell(script);
  EXPECT_EQ(first.status, 0) << first.output;
  const Expected expected[] = {
      {" exceeds_transfer_limit", 1},
      {" exceeds_velocity_limit", 1},
      {" debit_account_condition_not_met", 1},
      {" linked_event_failed", 1},
      {" debit_account_frozen", 1},
      {"2 of 2 would be created", 1},
      {"0 of 2 created", 1},
      {"1 of 1 created", 11},
      {"2 of 2 created", 1},
      {"50,000 of 50,000", 1},
      {"court order 12/26", 4},
      {" NO", 0},
  };
  for (const Expected& each : expected) {
    EXPECT_EQ(count_of(first.output, each.word), each.times) << each.word << "\n" << first.output;
  }
  const auto balances = [&] { return client("--json --execute 'lookup_accounts 101 102 103'"); };
  const std::string once = balances().output;
  EXPECT_NE(once.find(R"("debits_posted":"172040")"), std::string::npos) << once;
  EXPECT_NE(once.find(R"("debits_posted":"145290")"), std::string::npos) << once;
  EXPECT_NE(once.find(R"("debits_posted":"285315")"), std::string::npos) << once;
  EXPECT_NE(once.find(R"("credits_posted":"350000")"), std::string::npos) << once;
  const Ran again = shell(script);
  EXPECT_EQ(again.status, 0) << again.output;
  EXPECT_EQ(count_of(again.output, "1 of 1 created"), 0u) << again.output;
  const std::string twice = balances().output;
  EXPECT_EQ(once.substr(once.find("[")), twice.substr(twice.find("[")));
}

TEST_F(ClientScript, lists_pages_that_go_on_where_they_ended) {
  const std::string bank = FLORIN_BANK;
  ASSERT_EQ(client("< " + bank + "/accounts.jsonl").status, 0);
  const Ran page = client("--json --execute 'query_accounts ledger=978 limit=4'");
  EXPECT_EQ(count_of(page.output, R"("ledger":978)"), 4u) << page.output;
  EXPECT_EQ(count_of(page.output, R"("more":true)"), 1u) << page.output;
  const std::string key = R"("next_cursor":")";
  const usize begin = page.output.find(key) + key.size();
  const std::string cursor = page.output.substr(begin, page.output.find('"', begin) - begin);
  const Ran rest =
      client("--json --execute 'query_accounts ledger=978 limit=100 cursor=" + cursor + "'");
  EXPECT_EQ(count_of(rest.output, R"("ledger":978)"), 6u) << rest.output;
  EXPECT_EQ(count_of(rest.output, R"("next_cursor":null,"more":false)"), 1u) << rest.output;
}

TEST_F(ClientScript, takes_ledger_names_from_a_file) {
  const std::string path = directory_->path() + "/florin.toml";
  std::ofstream(path) << "[client]\nledger = [\"978=EUR\", \"840=USD\"]\n";
  const std::string bank = FLORIN_BANK;
  ASSERT_EQ(client("< " + bank + "/accounts.jsonl").status, 0);
  const Ran paid = client("--config " + path +
                          " --execute 'create_transfers id=1 debit_account_id=2 "
                          "credit_account_id=6 amount=12.34EUR code=1 balances'");
  EXPECT_EQ(paid.status, 0);
  EXPECT_EQ(count_of(paid.output, "12.34 EUR"), 2u) << paid.output;
  const Ran wrong = client("--ledger 978=EURO --execute ping");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_EQ(count_of(wrong.output, "--ledger: 'EURO' is not a currency"), 1u) << wrong.output;
}

TEST_F(ClientScript, answers_every_line_and_fails_at_the_end_when_one_was_wrong) {
  const Ran ran = client(
      R"(<<'END'
{"request":"lookup_accounts","ids":["1"]}

nonsense
{"request":"create_accounts","events":[]}
{"request":"ping"}
END
)");
  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(count_of(ran.output, "\n"), 4u) << ran.output;
  EXPECT_TRUE(
      ran.output.starts_with(R"({"request":"lookup_accounts","position":"0","accounts":[null]})"))
      << ran.output;
  EXPECT_NE(ran.output.find(R"({"error":{"code":"invalid_request")"), std::string::npos);
  EXPECT_NE(ran.output.find(R"({"error":{"code":"empty_request")"), std::string::npos);
  EXPECT_NE(ran.output.find(R"({"request":"ping","server":{"version":)"), std::string::npos);
}

TEST_F(ClientScript, stops_when_the_server_is_gone) {
  server_->kill_now();
  const Ran ran = client("< /dev/null");
  EXPECT_NE(ran.status, 0);
  EXPECT_NE(client("--execute ping").output.find("disconnected"), std::string::npos);
}

TEST_F(ClientScript, shows_where_a_command_is_wrong) {
  const Ran ran = client("--execute 'create_accounts id=1 ledgr=1'");
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.output.find("\n                     ^~~~~\n"), std::string::npos) << ran.output;
}

}  // namespace
}  // namespace florin::cli
