// The commands that work on what is on disk: replay, inspect, backup and restore, beside a running
// server and without one.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr u64 kAccounts = 2;

class OfflineCommands : public ServerTest {
 protected:
  // One transfer a request, so that every position is the end of a request: transfer `id` moves
  // `id` units and has the position kAccounts + id.
  void move(client::Client& client, u64 first_id, u64 last_id) {
    for (u64 id = first_id; id <= last_id; ++id) {
      const ledger::Transfer event = transfer(id, 1, 2, id);
      must(client.create_transfers({&event, 1}));
    }
  }

  Ran run(const std::string& words) { return florin(words); }

  // The JSON lines that a command prints when all is well.
  std::vector<Json> lines(const std::string& words) {
    const Ran ran = run(words + " --json");
    EXPECT_EQ(ran.status, 0) << words << "\n" << ran.output;
    std::vector<Json> parsed;
    std::istringstream stream(ran.output);
    for (std::string line; std::getline(stream, line);) parsed.push_back(Json::parse(line));
    return parsed;
  }
  Json line(const std::string& words) {
    const std::vector<Json> all = lines(words);
    EXPECT_EQ(all.size(), 1u) << words;
    return all.empty() ? Json() : all.front();
  }

  std::string of(const std::string& directory) const { return " --data '" + directory + "'"; }
  std::string path(const std::string& name) const { return directory() + "/" + name; }

  // A stopped server's directory with accounts 1 and 2 and transfers 1 to `transfers`.
  void make_ledger(u64 transfers) {
    start();
    client::Client client = connect();
    create_two_accounts(client);
    move(client, 1, transfers);
    stop();
  }
};

u64 sum_up_to(u64 last) { return last * (last + 1) / 2; }

std::string debits_posted(const Json& state) {
  return state["trial_balance"][0]["debits_posted"].get<std::string>();
}

TEST_F(OfflineCommands, replay_tells_the_ledger_as_it_was_at_every_position) {
  constexpr u64 kTransfers = 12;
  make_ledger(kTransfers);
  for (u64 id = 1; id <= kTransfers; ++id) {
    const Json state = line("replay" + of(data()) + " --until " + std::to_string(kAccounts + id));
    EXPECT_EQ(state["position"], kAccounts + id);
    EXPECT_EQ(state["transfers"], id);
    EXPECT_EQ(debits_posted(state), std::to_string(sum_up_to(id)));
  }
  const Json now = line("replay" + of(data()));
  EXPECT_EQ(now["position"], kAccounts + kTransfers);
  // Any number of partitions leads to the same state.
  EXPECT_EQ(line("replay" + of(data()) + " --partitions 7")["digest"], now["digest"]);
  EXPECT_NE(line("replay" + of(data()) + " --until 5")["digest"], now["digest"]);
}

TEST_F(OfflineCommands, replay_takes_a_moment_too) {
  make_ledger(3);
  const std::vector<Json> request = lines("inspect log" + of(data()) + " --position 4");
  ASSERT_EQ(request.size(), 2u);  // The block, and the request.
  const std::string time = request[1]["time"].get<std::string>();
  const Json state = line("replay" + of(data()) + " --until '" + time + "'");
  EXPECT_EQ(state["position"], 4);
  const Ran wrong = run("replay" + of(data()) + " --until noon");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_NE(wrong.output.find("--until is 'noon'; expected a position"), std::string::npos);
}

TEST_F(OfflineCommands, replay_shows_accounts_and_exports_everything) {
  make_ledger(5);
  const std::vector<Json> shown =
      lines("replay" + of(data()) + " --until 6 --account 2 --account 99");
  ASSERT_EQ(shown.size(), 2u);
  EXPECT_EQ(shown[1]["accounts"][0]["credits_posted"], std::to_string(sum_up_to(4)));
  EXPECT_TRUE(shown[1]["accounts"][1].is_null());

  line("replay" + of(data()) + " --export '" + path("csv") + "'");
  std::ifstream transfers(path("csv") + "/transfers.csv");
  std::string header;
  ASSERT_TRUE(std::getline(transfers, header));
  EXPECT_TRUE(header.starts_with("id,debit_account_id,credit_account_id,amount,")) << header;
  u64 count = 0;
  for (std::string row; std::getline(transfers, row); ++count) {
    EXPECT_TRUE(row.starts_with(std::to_string(count + 1) + ",1,2," + std::to_string(count + 1)));
  }
  EXPECT_EQ(count, 5u);

  line("replay" + of(data()) + " --export '" + path("json") + "' --format json");
  std::ifstream accounts(path("json") + "/accounts.jsonl");
  std::string first;
  ASSERT_TRUE(std::getline(accounts, first));
  EXPECT_EQ(Json::parse(first)["debits_posted"], std::to_string(sum_up_to(5)));
  const Ran again = run("replay" + of(data()) + " --export '" + path("csv") + "'");
  EXPECT_EQ(again.status, 1);
  EXPECT_NE(again.output.find("accounts.csv is there already"), std::string::npos);
}

TEST_F(OfflineCommands, verification_compares_outcomes_and_every_snapshot) {
  make_ledger(20);  // The stop takes a snapshot, ...
  start();
  client::Client client = connect();
  move(client, 21, 30);
  stop();  // ... and so does this one.
  const Json verified = line("replay" + of(data()) + " --verify");
  EXPECT_EQ(verified["agrees"], true);
  EXPECT_EQ(verified["to_position"], kAccounts + 30);
  EXPECT_GT(verified["blocks_compared"], 0);
  ASSERT_EQ(verified["snapshots"].size(), 2u);
  EXPECT_EQ(verified["snapshots"][0]["compared"], true);
  EXPECT_EQ(verified["snapshots"][1]["compared"], true);
  EXPECT_EQ(line("replay" + of(data()))["digest"], verified["digest"]);
}

TEST_F(OfflineCommands, verification_finds_a_damaged_snapshot) {
  make_ledger(8);
  std::string damaged;
  for (const auto& entry : fs::directory_iterator(data() + "/snapshots")) {
    damaged = entry.path();
  }
  ASSERT_FALSE(damaged.empty());
  {
    std::fstream file(damaged, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 + 300);
    file.put('\x5a');
  }
  const Ran verified = run("replay" + of(data()) + " --verify");
  EXPECT_EQ(verified.status, 3) << verified.output;
  EXPECT_NE(verified.output.find(".snapshot"), std::string::npos) << verified.output;
  const Ran inspected = run("inspect snapshots" + of(data()));
  EXPECT_EQ(inspected.status, 3);
  EXPECT_NE(inspected.output.find("damaged"), std::string::npos);
  // The ledger is there nevertheless: the log is whole.
  EXPECT_EQ(line("replay" + of(data()))["transfers"], 8);
}

TEST_F(OfflineCommands, inspect_tells_what_is_on_disk) {
  make_ledger(6);
  const Json log = line("inspect log" + of(data()));
  EXPECT_TRUE(log["damage"].is_null());
  EXPECT_EQ(log["last_position"], kAccounts + 6);
  EXPECT_EQ(log["operations"]["create_transfers"]["events"], 6);
  EXPECT_GT(log["outcome_parts"], 0);
  const std::vector<Json> marks = lines("inspect marks" + of(data()));
  ASSERT_EQ(marks.size(), 2u);
  const auto reached = [&](usize sector) { return marks[sector]["durable_position"].get<u64>(); };
  EXPECT_EQ(std::max(reached(0), reached(1)), kAccounts + 6);
  const Json snapshot = line("inspect snapshots" + of(data()));
  EXPECT_EQ(snapshot["whole"], true);
  EXPECT_EQ(snapshot["position"], kAccounts + 6);
  EXPECT_EQ(snapshot["accounts"], 2);
  const std::vector<Json> blocks = lines("inspect log" + of(data()) + " --blocks 1 2");
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[1]["block"], 2);
}

TEST_F(OfflineCommands, inspect_refuses_what_is_no_data_directory) {
  const Ran missing = run("inspect log" + of(path("nothing")));
  EXPECT_EQ(missing.status, 1);
  EXPECT_NE(missing.output.find("nothing"), std::string::npos);
  fs::create_directory(path("empty"));
  const Ran empty = run("replay" + of(path("empty")));
  EXPECT_EQ(empty.status, 1);
  EXPECT_NE(empty.output.find("is no data directory"), std::string::npos) << empty.output;
}

TEST_F(OfflineCommands, a_backup_beside_a_running_server_grows_and_is_restored_to_any_position) {
  start();
  client::Client client = connect();
  create_two_accounts(client);
  move(client, 1, 10);
  const std::string words = "backup" + of(data()) + " --to '" + path("backup") + "'";
  const Json first = line(words);
  EXPECT_GE(first["position"], kAccounts + 10);
  move(client, 11, 20);
  const Json second = line(words);
  EXPECT_EQ(second["position"], kAccounts + 20);
  move(client, 21, 25);  // Not in the backup.

  EXPECT_EQ(line("replay" + of(path("backup")))["transfers"], 20);
  for (const u64 id : {u64{1}, u64{7}, u64{10}, u64{15}, u64{20}}) {
    const std::string target = path("restored" + std::to_string(id));
    const Json restored = line("restore --from '" + path("backup") + "' --to '" + target +
                               "' --until " + std::to_string(kAccounts + id));
    EXPECT_EQ(restored["position"], kAccounts + id);
    EXPECT_EQ(debits_posted(line("replay" + of(target))), std::to_string(sum_up_to(id)));
    EXPECT_EQ(line("replay" + of(target) + " --verify")["agrees"], true);
  }
  const Ran refused =
      run("restore --from '" + path("backup") + "' --to '" + path("restored7") + "'");
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.output.find("restored7"), std::string::npos) << refused.output;
}

TEST_F(OfflineCommands, a_backup_that_is_being_served_is_not_written_to) {
  start();
  client::Client client = connect();
  create_two_accounts(client);
  const std::string backup = "backup" + of(data()) + " --to '" + path("backup") + "'";
  line(backup);
  stop();
  fs::rename(data(), path("away"));
  fs::rename(path("backup"), data());
  start();  // On the backup.
  const Ran refused = run("backup" + of(path("away")) + " --to '" + data() + "'");
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.output.find("is in use by another process"), std::string::npos)
      << refused.output;
}

TEST_F(OfflineCommands, a_restored_ledger_serves_and_goes_on_from_there) {
  make_ledger(10);
  line("restore --from '" + data() + "' --to '" + path("restored") + "' --until 7");
  fs::remove_all(data());
  fs::rename(path("restored"), data());
  start();
  client::Client client = connect();
  const u128 ids[] = {5, 6};
  const auto found = must(client.lookup_transfers(ids));
  ASSERT_TRUE(found.transfers[0].transfer.has_value());
  EXPECT_EQ(found.transfers[0].transfer->amount, 5u);
  EXPECT_FALSE(found.transfers[1].transfer.has_value());
  move(client, 6, 8);
  stop();
  EXPECT_EQ(line("replay" + of(data()) + " --verify")["to_position"], 7 + 3);
}

}  // namespace
}  // namespace florin::test
