// The real server feeds PostgreSQL and NATS JetStream, and is killed under load, again and again;
// so are they. In the end both have every change that the ledger tells, once and in order.
#include <csignal>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "cli/work_directory.h"
#include "client/change_follower.h"
#include "sinks/postgres_connection.h"
#include "tests/fire/fire_ledger.h"
#include "tests/sinks/message_judge.h"
#include "tests/sinks/nats_server.h"
#include "tests/sinks/postgres_contents.h"
#include "tests/sinks/postgres_server.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

constexpr u64 kRounds = 4;
constexpr u64 kRoundsMost = 50;
constexpr u64 kAcknowledgedLeast = 600;  // In each round: otherwise little is at stake.
constexpr auto kCatchUpTime = std::chrono::seconds(60);

u64 rounds_to_do() { return std::min(kRounds * soak_factor(), kRoundsMost); }

class SinkKills : public testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresServer::is_installed() || NatsServer::program().empty()) {
      GTEST_SKIP() << "needs the packages postgresql-15 and nats-server";
    }
    auto directory = cli::WorkDirectory::make("");
    ASSERT_TRUE(directory) << directory.error().message;
    directory_ = std::move(*directory);
    auto postgres = PostgresServer::start();
    ASSERT_TRUE(postgres) << postgres.error().message;
    postgres_ = std::move(*postgres);
    nats_ = std::make_unique<NatsServer>();
    write_settings();
    FireOptions options;
    options.program = server_program();
    options.data_directory = directory_->path() + "/data";
    options.log_path = directory_->path() + "/log.txt";
    options.seed = 20'261'122;
    ledger_ = std::make_unique<FireLedger>(options);
    // Small, so that ids leave memory; open holds stay in it, and there come to be some 20 a round.
    const std::string window = std::to_string(1'000 + 50 * rounds_to_do());
    ledger_->process_options().arguments = {"--accounts-max", "1000",          "--id-window",
                                            window,           "--segment-mib", "2",
                                            "--sinks",        settings_path()};
  }

  std::string settings_path() const { return directory_->path() + "/sinks.toml"; }

  void write_settings() const {
    std::ofstream file(settings_path());
    file << "[[sink]]\nname = \"warehouse\"\nkind = \"postgres\"\nconnection = \""
         << postgres_->connection()
         << "\"\n[[sink]]\nname = \"bus\"\nkind = \"nats\"\nservers = [\"" << nats_->url()
         << "\"]\n";
  }

  // Kills the server under load, and in turn one of those that it feeds before it.
  void run_round(u64 round) {
    const Status started = ledger_->start();
    ASSERT_TRUE(started) << started.error().message << ledger_->report();
    ledger_->begin_load();
    const bool goes_on = ledger_->await_acknowledged(kAcknowledgedLeast);
    if (round % 2 == 0) {
      postgres_->stop_at_once();
    } else {
      nats_->kill();
    }
    ledger_->await_exit(random_.between(1, 200));
    ledger_->end_load();
    if (round % 2 == 0) {
      const Status again = postgres_->start_again();
      ASSERT_TRUE(again) << again.error().message;
    } else {
      nats_->start();
    }
    ASSERT_TRUE(goes_on) << ledger_->report();
  }

  // Everything that the server tells.
  exporter::ChangePage read_changes() {
    exporter::ChangePage all;
    auto client = ledger_->connect();
    EXPECT_TRUE(client) << client.error().message;
    const auto info = client->ping();
    EXPECT_TRUE(info) << info.error().message;
    ledger_id_ = info->ledger_id;
    ledger::QueryFilter filter;
    filter.limit = 1'000;
    const auto followed =
        client::follow_changes(*client, filter, [&](const client::ChangePage& page) {
          append(page, all);
          return page.position < info->durable_position || page.more;
        });
    EXPECT_TRUE(followed) << followed.error().message;
    return all;
  }

  static void append(const client::ChangePage& page, exporter::ChangePage& all) {
    for (ledger::ChangeEvent event : page.events) {
      switch (ledger::ChangeKind{event.kind}) {
        case ledger::ChangeKind::AccountCreated:
          all.accounts.push_back(page.accounts[event.object]);
          event.object = static_cast<u32>(all.accounts.size() - 1);
          break;
        case ledger::ChangeKind::AccountUpdated:
          all.account_changes.push_back(page.changes[event.object]);
          event.object = static_cast<u32>(all.account_changes.size() - 1);
          break;
        case ledger::ChangeKind::TransferCreated:
        case ledger::ChangeKind::HoldExpired:
        case ledger::ChangeKind::TransferRefused:
          all.transfers.push_back(page.transfers[event.object]);
          all.balances.push_back(page.balances[event.object]);
          event.object = static_cast<u32>(all.transfers.size() - 1);
          break;
      }
      all.events.push_back(event);
    }
  }

  // What differs downstream from these changes, in words.
  std::string difference_from(const exporter::ChangePage& changes) {
    auto connection = sinks::PostgresConnection::open(postgres_->connection(), "the comparison");
    if (!connection) return connection.error().message;
    const std::string rows = difference(expected_contents(changes), contents(*connection));
    if (!rows.empty()) return "PostgreSQL: " + rows;
    std::vector<std::string> messages;
    for (const ReceivedMessage& message : nats_->messages("florin.changes")) {
      messages.push_back(message.body);
    }
    const std::string stream = problem_of(messages, ledger_id_, lines_of_page(changes));
    return stream.empty() ? "" : "NATS: " + stream;
  }

  std::unique_ptr<cli::WorkDirectory> directory_;
  std::unique_ptr<PostgresServer> postgres_;
  std::unique_ptr<NatsServer> nats_;
  Random random_{20'261'122};
  std::unique_ptr<FireLedger> ledger_;
  u128 ledger_id_ = 0;
};

TEST_F(SinkKills, leave_every_change_once_downstream) {
  const u64 rounds = rounds_to_do();
  for (u64 round = 0; round < rounds; ++round) {
    run_round(round);
    if (HasFatalFailure()) return;
  }
  const Status started = ledger_->start();
  ASSERT_TRUE(started) << started.error().message << ledger_->report();
  const Status verified = ledger_->verify(cli::VerificationScope::All);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(ledger_->problems(), 0u) << ledger_->report();

  // They come along within moments; holds may expire meanwhile, and move the end.
  const auto deadline = std::chrono::steady_clock::now() + kCatchUpTime;
  std::string differs;
  usize changes = 0;
  do {
    const exporter::ChangePage told = read_changes();
    if (HasFatalFailure()) return;
    changes = told.events.size();
    differs = difference_from(told);
    if (!differs.empty()) ledger_->await_exit(200);
  } while (!differs.empty() && std::chrono::steady_clock::now() < deadline);
  EXPECT_EQ(differs, "") << ledger_->report();
  ledger_->end_load();
  // Otherwise the equality above says little.
  EXPECT_GE(changes, kAcknowledgedLeast * rounds / 2);
  std::printf("%llu kills of the server, %llu of what it feeds, %zu changes\n",
              static_cast<unsigned long long>(rounds), static_cast<unsigned long long>(rounds),
              changes);
}

}  // namespace
}  // namespace florin::test
