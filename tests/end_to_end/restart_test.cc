// Servers that are stopped or killed under load: what was answered is there at the next start,
// whatever its mode and number of partitions.
#include "cli/recorded_load.h"
#include "cli/recorded_verification.h"
#include "tests/end_to_end/server_test.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

const Arguments kShapes[] = {
    {"--mode", "inline"},
    {"--mode", "parallel", "--partitions", "2", "--net-threads", "2"},
    {"--mode", "inline", "--partitions", "5"},
    {"--mode", "parallel", "--partitions", "8"},
};

class Restart : public ServerTest {
 protected:
  static cli::LoadOptions load_options(u64 seed) {
    cli::LoadOptions options;
    options.seed = seed;
    options.transfers_max = 300'000;
    options.deadline_ms = 400;  // How long a dead server is waited for.
    return options;
  }

  void create_accounts(cli::RecordedLoad& load) {
    client::Client client = connect();
    must(load.create_accounts(client));
  }

  // Runs the load until that many more transfers were answered; `end` ends the server meanwhile.
  void run_until(cli::RecordedLoad& load, u64 transfers, const std::function<void()>& end) {
    const u64 enough = load.acknowledged() + transfers;
    load.start(server().host(), server().port());
    EXPECT_TRUE(eventually([&] { return load.acknowledged() >= enough; }));
    end();
    load.stop();
  }

  // Returns how many transfers were looked up and compared.
  u64 expect_nothing_lost(cli::RecordedLoad& load) {
    client::Client client = connect();
    Random random(load.options().seed);
    const auto figures = must(cli::verify(load, client, cli::VerificationScope::All, random));
    for (const std::string& problem : load.problems().first()) ADD_FAILURE() << problem;
    EXPECT_EQ(load.problems().count(), 0u);
    return figures.transfers_checked;
  }
};

TEST_F(Restart, sigterm_under_load_ends_well_and_keeps_every_answer) {
  constexpr u64 kSeed = 11;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  cli::RecordedLoad load(load_options(kSeed));
  start(kShapes[0]);
  create_accounts(load);
  for (usize round = 0; round < 4; ++round) {
    run_until(load, 2000, [&] { stop(); });
    start(kShapes[(round + 1) % 4]);
    EXPECT_GE(expect_nothing_lost(load), load.acknowledged());
  }
  EXPECT_NE(server_log().find("all answers are out, the log is synced"), std::string::npos);
}

TEST_F(Restart, sigkill_under_load_keeps_every_answer_in_any_mode) {
  constexpr u64 kSeed = 12;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  cli::RecordedLoad load(load_options(kSeed));
  start(kShapes[1]);
  create_accounts(load);
  for (usize round = 0; round < 4; ++round) {
    run_until(load, 2000, [&] { server().kill_now(); });
    start(kShapes[(round + 2) % 4]);
    EXPECT_GE(expect_nothing_lost(load), load.acknowledged());
  }
}

TEST_F(Restart, an_empty_ledger_survives_too) {
  start();
  stop();
  start();
  server().kill_now();
  start();
  client::Client client = connect();
  EXPECT_EQ(must(client.ping()).durable_position.value, 0u);
}

class CrashTestCommand : public ServerTest {
 protected:
  void expect_pass(const std::string& mode_words) {
    const Ran ran =
        florin("crash-test --rounds " + std::to_string(fewer(10)) +
                   " --seconds 0.3 --connections 4 --data '" + directory() +
                   "/crash' --transfers-max 1000000 --server-option=--segment-mib=4 " +
                   "--server-option=--accounts-max=2000 --server-option=--transfers-max=1200000 " +
                   mode_words,
               std::chrono::minutes(4));
    EXPECT_EQ(ran.status, 0) << ran.output;
    EXPECT_NE(ran.output.find("PASS"), std::string::npos) << ran.output;
  }
};

TEST_F(CrashTestCommand, finds_nothing_lost_inline) {
  expect_pass("--server-option=--mode=inline");
}

TEST_F(CrashTestCommand, finds_nothing_lost_in_parallel) {
  expect_pass("--server-option=--mode=parallel --server-option=--partitions=3");
}

}  // namespace
}  // namespace florin::test
