// The real server is killed under load, again and again, with history and an export beside it. In
// the end what the server tells of the past, and what stands in the exported files, is what the log
// says: every change once, in order.
#include <csignal>

#include <gtest/gtest.h>

#include "cli/work_directory.h"
#include "client/change_follower.h"
#include "tests/fire/change_lines.h"
#include "tests/fire/fire_ledger.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

constexpr u64 kRounds = 4;
constexpr u64 kRoundsMost = 50;
constexpr u64 kAcknowledgedLeast = 800;  // In each round: otherwise little is at stake.
constexpr u32 kWindow = 1'000;           // Ids in memory: most of what is sent leaves it.

class HistoryKills : public testing::Test {
 protected:
  void SetUp() override {
    auto directory = cli::WorkDirectory::make("");
    ASSERT_TRUE(directory) << directory.error().message;
    directory_ = std::move(*directory);
    options_.program = server_program();
    options_.data_directory = directory_->path() + "/data";
    options_.log_path = directory_->path() + "/log.txt";
    options_.seed = 20'261'121;
    ledger_ = std::make_unique<FireLedger>(options_);
    ledger_->process_options().arguments = {"--accounts-max",
                                            "1000",
                                            "--id-window",
                                            std::to_string(kWindow),
                                            "--segment-mib",
                                            "2",
                                            "--archive",
                                            "--export",
                                            exports(),
                                            "--export-file-mib",
                                            "1"};
    std::printf("seed %llu\n", static_cast<unsigned long long>(options_.seed));
  }

  std::string exports() const { return directory_->path() + "/exports"; }

  // Kills the server under load; in one of four rounds once more while it comes back.
  void run_round(u64 round) {
    const Status started = ledger_->start();
    ASSERT_TRUE(started) << started.error().message << ledger_->report();
    ledger_->begin_load();
    const bool goes_on = ledger_->await_acknowledged(kAcknowledgedLeast);
    ledger_->await_exit(random_.between(1, 300));
    ledger_->end_load();
    ASSERT_TRUE(goes_on) << ledger_->report();
    if (round % 4 != 1) return;
    const Status killed = cli::start_and_kill(ledger_->process_options(), random_.between(1, 200));
    ASSERT_TRUE(killed) << killed.error().message;
  }

  // Everything the server tells, from the first change on; and by id what refusals consumed.
  void read_server(Position end) {
    auto client = ledger_->connect();
    ASSERT_TRUE(client) << client.error().message;
    ledger::QueryFilter filter;
    filter.limit = 1'000;
    const auto followed =
        client::follow_changes(*client, filter, [&](const client::ChangePage& page) {
          append_lines(page, told_);
          return page.position < end || page.more;
        });
    ASSERT_TRUE(followed) << followed.error().message;
  }
  Position durable_position() {
    auto client = ledger_->connect();
    if (!client) return {};
    const auto info = client->ping();
    return info ? info->durable_position : Position{};
  }

  // The export comes along within its second, and a moment.
  std::vector<std::string> read_export(usize lines) {
    std::vector<std::string> found;
    for (u32 tries = 0; tries < 1'000; ++tries) {
      auto read = lines_of_export(exports());
      if (read) found = std::move(*read);
      if (!read) export_error_ = read.error().message;  // It may just be replacing a file.
      if (found.size() >= lines) break;
      ledger_->await_exit(20);
    }
    return found;
  }

  std::unique_ptr<cli::WorkDirectory> directory_;
  FireOptions options_;
  Random random_{20'261'121};
  std::unique_ptr<FireLedger> ledger_;
  std::vector<std::string> told_;
  std::string export_error_;
};

TEST_F(HistoryKills, leave_every_change_once_in_history_and_in_the_export) {
  const u64 rounds = std::min(kRounds * soak_factor(), kRoundsMost);
  for (u64 round = 0; round < rounds; ++round) {
    run_round(round);
    if (HasFatalFailure()) return;
  }
  const Status started = ledger_->start();
  ASSERT_TRUE(started) << started.error().message << ledger_->report();
  const Status verified = ledger_->verify(cli::VerificationScope::All);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(ledger_->problems(), 0u) << ledger_->report();
  const Position end = durable_position();
  read_server(end);
  if (HasFatalFailure()) return;
  told_ = lines_until(told_, end);
  const std::vector<std::string> exported = read_export(told_.size());
  ledger_->end_load();

  auto logged = read_logged_past(options_.data_directory);
  ASSERT_TRUE(logged) << logged.error().message;
  logged->lines = lines_until(logged->lines, end);
  EXPECT_EQ(first_difference(logged->lines, told_), "") << "told by the server";
  EXPECT_EQ(first_difference(logged->lines, lines_until(exported, end)), "")
      << "exported; " << export_error_;
  // Otherwise the equalities above say little.
  EXPECT_GE(ledger_->load().acknowledged(), kAcknowledgedLeast * rounds);
  EXPECT_GT(logged->lines.size(), 2 * kWindow);
  EXPECT_GT(logged->consumed.size(), 0u);
  std::printf("%llu kills, %zu changes, %zu ids consumed\n",
              static_cast<unsigned long long>(rounds), logged->lines.size(),
              logged->consumed.size());
}

TEST(ChangeLines, tell_a_change_that_is_missing_or_doubled_or_other) {
  const std::vector<std::string> all = {"1.0 a", "2.0 b", "3.0 c"};
  EXPECT_EQ(first_difference(all, all), "");
  EXPECT_NE(first_difference(all, {"1.0 a", "3.0 c"}), "");
  EXPECT_NE(first_difference(all, {"1.0 a", "2.0 b", "2.0 b", "3.0 c"}), "");
  EXPECT_NE(first_difference(all, {"1.0 a", "2.0 b"}), "");
  EXPECT_NE(first_difference(all, {"1.0 a", "2.0 other", "3.0 c"}), "");
}

}  // namespace
}  // namespace florin::test
