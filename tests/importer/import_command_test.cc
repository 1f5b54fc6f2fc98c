// `florin import` as its users meet it, with a server of its own.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>

#include "base/random.h"
#include "tests/end_to_end/server_test.h"
#include "tests/support/test_size.h"

extern char** environ;

namespace florin::test {
namespace {

using Json = nlohmann::json;

class ImportCommand : public ServerTest {
 protected:
  std::string path(const std::string& name) const { return directory() + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  std::string address() { return "127.0.0.1:" + std::to_string(server().port()); }
  // Its report; `status` is the exit status that is expected.
  Json import(const std::string& words, int status = 0) {
    const Ran ran =
        florin("import --json --address " + address() + " " + words + " 2>" + path("errors"));
    EXPECT_EQ(ran.status, status) << ran.output;
    return Json::parse(ran.output, nullptr, false);
  }
  std::string trial_balance() {
    client::Client client = connect();
    std::string text;
    for (const auto& line : must(client.get_trial_balance({0, 100})).lines) {
      text += std::to_string(line.ledger) + ": " + std::to_string(line.accounts) + " accounts ";
      text.append(reinterpret_cast<const char*>(&line), sizeof(line));
    }
    return text;
  }
};

constexpr u32 kAccounts = 40;

std::string account_rows() {
  std::string text = "id,ledger,code,timestamp\n";
  for (u32 id = 1; id <= kAccounts; ++id) {
    text += std::to_string(id) + ",7,1,2001-01-01T00:00:00." + std::to_string(100 + id) + "\n";
  }
  return text;
}

std::string transfer_rows(u32 first, u32 count) {
  std::string text = "id,debit_account_id,credit_account_id,amount,ledger,code,timestamp\n";
  for (u32 id = first; id < first + count; ++id) {
    text += std::to_string(id) + "," + std::to_string(id % kAccounts + 1) + "," +
            std::to_string((id * 7 + 1 + id % kAccounts) % kAccounts + 1) + "," +
            std::to_string(id % 1000) + ",7,1," + std::to_string(1'000'000'000'000'000'000 + id) +
            "\n";
  }
  return text;
}

TEST_F(ImportCommand, imports_and_reports) {
  start();
  const Json report = import(write("accounts.csv", account_rows()) + " " +
                                 write("transfers.csv", transfer_rows(8, 1000)) + " --refused " +
                                 path("refused.csv"),
                             2);
  EXPECT_EQ(report["accounts_created"], kAccounts);
  EXPECT_EQ(report["transfers_created"].get<u64>() + report["refused"].get<u64>(), 1000u);
  EXPECT_TRUE(report["complete"].get<bool>());
  EXPECT_FALSE(std::filesystem::exists(path("accounts.csv.import-journal")));
  std::ifstream refused(path("refused.csv"));
  std::string line;
  std::getline(refused, line);
  EXPECT_EQ(line, "file,line,reason,row");
  std::getline(refused, line);
  EXPECT_NE(line.find("accounts_must_be_different"), std::string::npos) << line;
}

TEST_F(ImportCommand, sends_nothing_in_a_dry_run) {
  const Ran ran = florin("import --dry-run --json " + write("accounts.csv", account_rows()));
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_EQ(Json::parse(ran.output)["accounts_created"], kAccounts);
}

TEST_F(ImportCommand, says_what_is_wrong_before_it_begins) {
  start();
  const std::string accounts = write("accounts.csv", account_rows());
  const struct {
    std::string words;
    const char* message;
  } kCases[] = {
      {"--address " + address() + " " + path("none.csv"), "none.csv"},
      {"--mapping " + write("map.toml", "[accounts]\nid = 5\n") + " " + accounts,
       "map.toml line 2: accounts.id: expected a table"},
      {"--address nowhere " + accounts, "nowhere"},
  };
  for (const auto& each : kCases) {
    const Ran ran = florin("import " + each.words);
    EXPECT_EQ(ran.status == 0, false) << ran.output;
    EXPECT_NE(ran.output.find(each.message), std::string::npos) << ran.output;
  }
}

TEST_F(ImportCommand, brings_the_export_of_one_ledger_into_another) {
  start();
  client::Client client = connect();
  create_two_accounts(client);
  std::vector<ledger::Transfer> transfers;
  for (u64 id = 1; id <= 50; ++id) transfers.push_back(transfer(id, 1 + id % 2, 2 - id % 2, id));
  transfers[3].flags = ledger::transfer_flags::kPending;
  transfers[4].flags = ledger::transfer_flags::kLinked;
  must(client.create_transfers(transfers));
  const std::string before = trial_balance();
  stop();
  for (const std::string format : {"ndjson", "csv"}) {
    const std::string file = path("all." + format);
    ASSERT_EQ(florin("export --data " + data() + " --format " + format + " > " + file).status, 0);
  }
  for (const std::string format : {"ndjson", "csv"}) {
    std::filesystem::remove_all(data());
    start();
    const Json report = import("--format " + format + " - < " + path("all." + format));
    EXPECT_EQ(report["transfers_created"], 50);
    EXPECT_EQ(report["accounts_created"], 2);
    EXPECT_EQ(report["skipped"], 0);
    EXPECT_EQ(trial_balance(), before);
    stop();
    std::filesystem::rename(data(), path("done-" + format));
  }
}

// Kills the importer again and again; what it did not get to know it sends again.
TEST_F(ImportCommand, loses_and_doubles_nothing_when_it_is_killed) {
  const u32 kTransfers = 20'000;
  const std::string accounts = write("accounts.csv", account_rows());
  const std::string rows = write("transfers.csv", transfer_rows(1, kTransfers));
  start();
  import(accounts + " " + rows + " --refusals-max 10000", 2);
  const std::string whole = trial_balance();
  stop();
  std::filesystem::remove_all(data());
  start();

  const u64 seed = entropy_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  const std::string server_address = address();
  u32 kills = 0;
  int status = -1;
  while (true) {
    std::vector<std::string> words = {FLORIN_PROGRAM, "import", "--address",      server_address,
                                      "--batch",      "64",     "--refusals-max", "10000",
                                      accounts,       rows};
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    pid_t child = -1;
    ASSERT_EQ(::posix_spawn(&child, FLORIN_PROGRAM, nullptr, nullptr, pointers.data(), environ), 0);
    const u64 kills_max = 5 * soak_factor();
    // Once it has done something that the journal tells.
    const auto more = std::chrono::milliseconds(kills == 0 ? 0 : random.between(1, 100));
    std::optional<std::chrono::steady_clock::time_point> end;
    bool ended = false;
    const auto is_over = [&] {
      ended = ::waitpid(child, &status, WNOHANG) == child;
      const auto now = std::chrono::steady_clock::now();
      if (!end && std::filesystem::exists(accounts + ".import-journal")) end = now + more;
      return ended || (kills < kills_max && end && now >= *end);
    };
    ASSERT_TRUE(eventually(is_over));
    if (ended) break;
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ++kills;
  }
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_EQ(trial_balance(), whole) << "after " << kills << " kills";
  EXPECT_GT(kills, 0u);
}

}  // namespace
}  // namespace florin::test
