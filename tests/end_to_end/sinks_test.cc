// What is downstream of a server: alerts arrive through a crash, and one that comes again has the
// same id; the server tells how far its sinks are; what cannot be in their file stops the start.
#include <algorithm>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

class Sinks : public ServerTest {
 protected:
  std::string settings() const { return directory() + "/sinks.toml"; }
  std::string alerts() const { return directory() + "/alerts.ndjson"; }

  void write_settings(const std::string& text) const { std::ofstream(settings()) << text; }
  void write_alert_settings() const {
    write_settings("[[sink]]\nname = \"ops\"\nkind = \"file\"\npath = \"" + alerts() +
                   "\"\n[[alert]]\nname = \"large\"\nkind = \"amount_above\"\namount = 1000\n"
                   "sinks = [\"ops\"]\n");
  }

  // By the id of the alert, the transfer that it was made of; that of a line that cannot be read
  // is 0. A receiver drops what it knows.
  std::map<std::string, u64> alerted() const {
    std::map<std::string, u64> found;
    std::ifstream file(alerts());
    for (std::string line; std::getline(file, line);) {
      const auto json = nlohmann::json::parse(line, nullptr, false);
      if (json.is_discarded()) {
        found[line] = 0;
      } else {
        found[json["id"]] = std::stoull(json["change"]["transfer_id"].get<std::string>());
      }
    }
    return found;
  }

  void create(client::Client& client, const std::vector<ledger::Transfer>& transfers) {
    const auto made = must(client.create_transfers(transfers));
    ASSERT_EQ(made.results.size(), transfers.size());
  }
};

TEST_F(Sinks, alerts_arrive_through_a_crash) {
  write_alert_settings();
  start({"--sinks", settings()});
  {
    client::Client client = connect();
    create_two_accounts(client);
    create(client,
           {transfer(10, 1, 2, 1'001), transfer(11, 1, 2, 1'000), transfer(12, 1, 2, 5'000)});
  }
  ASSERT_TRUE(eventually([&] { return alerted().size() == 2; })) << server_log();
  start({"--sinks", settings()});  // What ran before is killed.
  {
    client::Client client = connect();
    create(client, {transfer(13, 1, 2, 2'000)});
  }
  ASSERT_TRUE(eventually([&] { return alerted().size() >= 3; })) << server_log();
  std::vector<u64> transfers;
  for (const auto& [id, transfer] : alerted()) transfers.push_back(transfer);
  std::sort(transfers.begin(), transfers.end());
  EXPECT_EQ(transfers, (std::vector<u64>{10, 12, 13}));
  const Ran asked = florin("client --server 127.0.0.1:" + std::to_string(server().port()) +
                           " --execute '{\"request\":\"ping\"}'");
  EXPECT_NE(asked.output.find("sink_alerts_position"), std::string::npos) << asked.output;
  EXPECT_NE(asked.output.find("sink_alerts_to_ops_failures"), std::string::npos) << asked.output;
  stop();
  const Ran letters = florin("dead-letters --data '" + data() + "' --sink ops --alerts");
  EXPECT_EQ(letters.output, "no dead letters\n");
}

// There is no account 3.
TEST_F(Sinks, refused_transfers_are_told_and_only_to_rules_that_look_at_them) {
  write_settings("[[sink]]\nname = \"ops\"\nkind = \"file\"\npath = \"" + alerts() +
                 "\"\n[[alert]]\nname = \"large\"\nkind = \"amount_above\"\namount = 1000\n"
                 "sinks = [\"ops\"]\n[[alert]]\nname = \"refused\"\nkind = \"refusal\"\n"
                 "outcomes = [\"debit_account_not_found\"]\nsinks = [\"ops\"]\n");
  start({"--sinks", settings()});
  {
    client::Client client = connect();
    create_two_accounts(client);
    create(client,
           {transfer(10, 3, 2, 5'000), transfer(11, 1, 1, 5'000), transfer(12, 1, 2, 5'000)});
  }
  ASSERT_TRUE(eventually([&] { return alerted().size() == 2; })) << server_log();
  start({"--sinks", settings()});
  {
    client::Client client = connect();
    create(client, {transfer(13, 3, 2, 1)});
  }
  ASSERT_TRUE(eventually([&] { return alerted().size() >= 3; })) << server_log();
  std::multimap<std::string, u64> transfers;
  for (const auto& [id, transfer] : alerted()) {
    transfers.emplace(id.substr(0, id.find('.')), transfer);
  }
  EXPECT_EQ(transfers,
            (std::multimap<std::string, u64>{{"large", 12}, {"refused", 10}, {"refused", 13}}));
  // The last change that was looked at is a refused one: without the rule it is still known.
  stop();
  write_alert_settings();
  start({"--sinks", settings()});
  {
    client::Client client = connect();
    create(client, {transfer(14, 1, 2, 2'000)});
  }
  EXPECT_TRUE(eventually([&] { return alerted().size() >= 4; })) << server_log();
}

TEST_F(Sinks, a_database_that_cannot_be_reached_stops_nobody) {
  write_settings("[[sink]]\nname = \"warehouse\"\nkind = \"postgres\"\nconnection = \"host='" +
                 directory() + "' connect_timeout=2\"\n");
  start({"--sinks", settings()});
  client::Client client = connect();
  create_two_accounts(client);
  create(client, {transfer(10, 1, 2, 1)});
  EXPECT_TRUE(eventually([&] {
    const auto info = must(client.ping());
    return info.sinks.size() == 1 && info.sinks[0].name == "warehouse" &&
           info.sinks[0].failures > 0 && !info.sinks[0].last_error.empty();
  })) << server_log();
  expect_healthy();
  stop();
}

TEST_F(Sinks, what_cannot_be_stops_the_start) {
  refused_start("--sinks '" + settings() + "'", "sinks.toml");
  write_settings("[[sink]]\nname = \"a\"\nkind = \"mysql\"\n");
  refused_start("--sinks '" + settings() + "'", "sinks.toml line 3: sink.kind: 'mysql'");
  write_alert_settings();
  std::ofstream(settings(), std::ios::app) << "[[alert]]\nname = \"x\"\nkind = \"amount_above\"\n"
                                              "amount = 1\nsinks = [\"nobody\"]\n";
  refused_start("--sinks '" + settings() + "'", "nobody");
  refused_start("--no-history --sinks '" + settings() + "'", "--sinks reads from history");
}

}  // namespace
}  // namespace florin::test
