// Snapshots and witnesses of the whole program: taken under load, on request and at a stop; started
// from; and servers on older data, which are found out.
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "cli/recorded_load.h"
#include "cli/recorded_verification.h"
#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

using ledger::RefusalCode;
using protocol::ServerInfo;

const std::string kFirstSegment = "/log/0000000000000001.log";

class Snapshots : public ServerTest {
 protected:
  static constexpr u64 kBatch = 500;

  // Accounts 1 and 2, and so many batches of transfers between them, from `first` on.
  void create_batches(client::Client& client, u64 first, u64 batches) {
    for (u64 number = first; number < first + batches; ++number) {
      std::vector<ledger::Transfer> events;
      for (u64 index = 1; index <= kBatch; ++index) {
        events.push_back(transfer(number * kBatch + index, 1, 2, 1));
      }
      must(client.create_transfers(events));
    }
  }

  ServerInfo info() {
    client::Client client = connect();
    return must(client.ping());
  }

  bool snapshots_reach(u64 count) {
    client::Client client = connect();
    return eventually([&] { return must(client.ping()).snapshots_taken >= count; });
  }

  std::string address() { return server().host() + ":" + std::to_string(server().port()); }

  Ran ask(const std::string& command) {
    return florin("client --json --server " + address() + " --execute " + command);
  }

  static usize files_in(const std::string& path) {
    usize count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path)) ++count;
    return count;
  }
};

class SnapshotsUnderLoad : public Snapshots, public ::testing::WithParamInterface<Arguments> {};

INSTANTIATE_TEST_SUITE_P(Modes, SnapshotsUnderLoad,
                         ::testing::Values(Arguments{"--mode", "inline"},
                                           Arguments{"--mode", "parallel", "--partitions", "3"}),
                         [](const auto& mode) { return mode.param[1]; });

TEST_P(SnapshotsUnderLoad, are_started_from_after_a_kill_and_nothing_is_lost) {
  constexpr u64 kSeed = 21;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  cli::LoadOptions options;
  options.seed = kSeed;
  options.transfers_max = 300'000;
  options.deadline_ms = 400;
  cli::RecordedLoad load(options);
  Arguments arguments = {"--snapshot-log-mib", "2", "--segment-mib", "2"};
  arguments.insert(arguments.end(), GetParam().begin(), GetParam().end());
  start(arguments);
  {
    client::Client client = connect();
    must(load.create_accounts(client));
  }
  load.start(server().host(), server().port());
  EXPECT_TRUE(snapshots_reach(3));
  // What no snapshot needs is used again.
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(data() + kFirstSegment); }));
  server().kill_now();
  load.stop();
  EXPECT_NE(server_log().find("snapshot of position"), std::string::npos);

  start({"--mode", "inline", "--partitions", "2"});
  const ServerInfo recovered = info();
  EXPECT_GT(recovered.recovered_from.value, 0u);
  EXPECT_LE(recovered.recovered_from, recovered.durable_position);
  EXPECT_GT(recovered.log_first_segment, 1u);
  client::Client client = connect();
  Random random(kSeed);
  const auto figures = must(cli::verify(load, client, cli::VerificationScope::All, random));
  for (const std::string& problem : load.problems().first()) ADD_FAILURE() << problem;
  EXPECT_EQ(load.problems().count(), 0u);
  EXPECT_GE(figures.transfers_checked, load.acknowledged());
}

TEST_F(Snapshots, a_stop_takes_one_and_the_next_start_executes_nothing) {
  start();
  Position last;
  {
    client::Client client = connect();
    create_two_accounts(client);
    create_batches(client, 0, 3);
    last = must(client.ping()).durable_position;
  }
  stop();
  start({"--no-snapshot-at-stop"});
  const ServerInfo first = info();
  EXPECT_EQ(first.recovered_from, last);
  EXPECT_EQ(first.durable_position, last);
  EXPECT_NE(server_log().find("recovered 0 events"), std::string::npos) << server_log();
  {
    client::Client client = connect();
    create_batches(client, 3, 1);
    const u128 accounts[] = {2};
    EXPECT_EQ(must(client.lookup_accounts(accounts)).accounts[0]->credits_posted, 4 * kBatch);
  }
  stop();
  start();
  EXPECT_EQ(info().recovered_from, last);
  EXPECT_EQ(info().durable_position.value, last.value + kBatch);
}

TEST_F(Snapshots, are_taken_on_request_and_waited_for) {
  start();
  EXPECT_EQ(info().snapshot_position.value, 0u);
  client::Client client = connect();
  create_two_accounts(client);
  create_batches(client, 0, 2);
  const Ran ran = ask("snapshot");
  ASSERT_EQ(ran.status, 0) << ran.output;
  const auto answer = nlohmann::json::parse(ran.output);
  const std::string position = std::to_string(2 + 2 * kBatch);
  EXPECT_EQ(answer["snapshot"]["snapshot_position"], position) << ran.output;
  EXPECT_EQ(answer["snapshot"]["snapshots_taken"], "1") << ran.output;
  EXPECT_NE(answer["snapshot"]["snapshot_time"], "none") << ran.output;
  EXPECT_EQ(files_in(data() + "/snapshots"), 1u);
  // Nothing is new.
  EXPECT_EQ(nlohmann::json::parse(ask("snapshot").output)["snapshot"]["snapshots_taken"], "1");
  create_batches(client, 2, 1);
  EXPECT_EQ(nlohmann::json::parse(ask("snapshot").output)["snapshot"]["snapshots_taken"], "2");
  create_batches(client, 3, 1);
  EXPECT_EQ(nlohmann::json::parse(ask("snapshot").output)["snapshot"]["snapshots_taken"], "3");
  EXPECT_EQ(files_in(data() + "/snapshots"), 2u);
}

TEST_F(Snapshots, are_taken_after_a_time_if_anything_was_logged) {
  start({"--snapshot-interval", "1"});
  client::Client client = connect();
  create_two_accounts(client);
  EXPECT_TRUE(eventually([&] { return must(client.ping()).snapshot_position.value == 2; }));
  EXPECT_EQ(must(client.ping()).snapshots_taken, 1u);
}

TEST_F(Snapshots, an_archive_keeps_the_whole_log) {
  start({"--archive"});
  client::Client client = connect();
  create_two_accounts(client);
  u64 batch = 0;
  for (u64 snapshots = 1; snapshots <= 3; ++snapshots) {
    create_batches(client, batch, 80);  // Five MiB: more than a segment.
    batch += 80;
    ASSERT_EQ(ask("snapshot").status, 0);
  }
  EXPECT_GT(must(client.ping()).log_last_segment, 3u);
  EXPECT_EQ(must(client.ping()).log_first_segment, 1u);
  EXPECT_TRUE(std::filesystem::exists(data() + kFirstSegment));
  stop();
  start();
  EXPECT_EQ(info().durable_position.value, 2 + batch * kBatch);
}

TEST_F(Snapshots, one_that_is_damaged_is_passed_over_and_told) {
  start();
  {
    client::Client client = connect();
    create_two_accounts(client);
    create_batches(client, 0, 1);
    ASSERT_EQ(ask("snapshot").status, 0);
    create_batches(client, 1, 1);
  }
  stop();
  const std::string newest = data() + "/snapshots/00000000000000001002.snapshot";
  ASSERT_TRUE(std::filesystem::exists(newest));
  std::fstream(newest, std::ios::in | std::ios::out).seekp(5000) << "damage";
  start();
  EXPECT_EQ(info().recovered_from.value, 2 + kBatch);
  EXPECT_EQ(info().durable_position.value, 2 + 2 * kBatch);
  EXPECT_NE(server_log().find(newest + " cannot be used"), std::string::npos) << server_log();
}

TEST_F(Snapshots, options_that_cannot_be_are_named) {
  refused_start("--snapshot-log-mib 0", "--snapshot-log-mib is 0; expected 1 to");
  refused_start("--snapshot-interval 99999999", "--snapshot-interval is 99999999; expected 0 to");
  refused_start("--snapshot-rate-mib 9999999", "--snapshot-rate-mib is 9999999; expected 0 to");
}

class Witnesses : public Snapshots {
 protected:
  std::string witness_file() const { return directory() + "/witness.json"; }

  void save_witness() {
    const Ran ran = ask("witness > '" + witness_file() + "'");
    ASSERT_EQ(ran.status, 0) << ran.output;
  }
  void copy_data() {
    std::filesystem::copy(data(), directory() + "/copy", std::filesystem::copy_options::recursive);
  }
  void put_copy_back() {
    std::filesystem::remove_all(data());
    std::filesystem::rename(directory() + "/copy", data());
  }

  // A ledger of one batch, of which there is a copy; then a second batch and its witness.
  client::Witness go_on_after_a_copy() {
    start();
    {
      client::Client client = connect();
      create_two_accounts(client);
      create_batches(client, 0, 1);
    }
    stop();
    copy_data();
    start();
    client::Client client = connect();
    create_batches(client, 1, 1);
    save_witness();
    const client::Witness witness = must(client.witness());
    stop();
    return witness;
  }

  client::Client connect_with(const client::Witness& witness) {
    client::ClientOptions options;
    options.host = server().host();
    options.port = server().port();
    options.witness = witness;
    return must(client::Client::connect(options, Random(1)));
  }

  // The refusal that a client with this witness meets.
  RefusalCode refusal(const client::Witness& witness) {
    client::Client client = connect_with(witness);
    const ledger::Transfer event[] = {transfer(1'000'000, 1, 2, 1)};
    const auto answer = client.create_transfers(event);
    if (answer) return RefusalCode::None;
    EXPECT_EQ(answer.error().effect, client::ClientError::Effect::DidNotHappen);
    return answer.error().refusal;
  }
};

TEST_F(Witnesses, a_start_on_an_older_copy_is_refused_and_changes_nothing) {
  go_on_after_a_copy();
  const std::string words = "--witness '" + witness_file() + "'";
  start({"--witness", witness_file()});
  EXPECT_EQ(info().durable_position.value, 2 + 2 * kBatch);
  stop();
  put_copy_back();
  copy_data();
  const std::string said = refused_start(words, "position " + std::to_string(2 + 2 * kBatch));
  EXPECT_NE(said.find("ends at position " + std::to_string(2 + kBatch)), std::string::npos) << said;
  EXPECT_NE(said.find("without --witness"), std::string::npos) << said;
  EXPECT_EQ(run_shell("diff -r '" + data() + "/log' '" + directory() + "/copy/log'").output, "");
  start();
  EXPECT_EQ(info().durable_position.value, 2 + kBatch);
}

TEST_F(Witnesses, a_start_with_a_witness_of_another_ledger_or_none_is_refused) {
  start();
  save_witness();
  stop();
  std::filesystem::remove_all(data());
  refused_start("--witness '" + witness_file() + "'", "is of ledger");
  refused_start("--witness '" + directory() + "/nothing'", directory() + "/nothing");
}

TEST_F(Witnesses, a_client_that_saw_more_is_refused_and_the_alarm_is_raised) {
  const client::Witness seen = go_on_after_a_copy();
  start();
  EXPECT_EQ(refusal(seen), RefusalCode::None);
  stop();
  put_copy_back();
  start();
  EXPECT_EQ(refusal(seen), RefusalCode::BehindWitness);
  EXPECT_EQ(refusal({seen.position, 0}), RefusalCode::BehindWitness);
  EXPECT_NE(server_log().find("critical behind_witness"), std::string::npos) << server_log();
  // Others are served, and see the alarm.
  client::Client client = connect();
  EXPECT_EQ(must(client.ping()).witness_refusals, 2u);
  EXPECT_EQ(must(client.ping()).durable_position.value, 2 + kBatch);
  // The older copy goes another way, past what was seen.
  create_batches(client, 2, 3);
  EXPECT_EQ(refusal(seen), RefusalCode::DiffersFromWitness);
  EXPECT_NE(server_log().find("critical differs_from_witness"), std::string::npos);
  EXPECT_EQ(must(client.ping()).witness_refusals, 3u);
}

TEST_F(Witnesses, the_command_line_client_keeps_to_a_file) {
  go_on_after_a_copy();
  const std::string words = " --witness '" + witness_file() + "' --execute ping";
  start();
  EXPECT_EQ(florin("client --server " + address() + words).status, 0);
  stop();
  put_copy_back();
  start();
  const Ran ran = florin("client --server " + address() + words);
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.output.find("behind_witness"), std::string::npos) << ran.output;
}

}  // namespace
}  // namespace florin::test
