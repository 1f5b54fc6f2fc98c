// A server as a child process: it starts, says where it listens, stops, is killed; and what happens
// when it cannot.
#include "cli/server_process.h"

#include <gtest/gtest.h>

#include "cli/work_directory.h"

namespace florin::cli {
namespace {

class ServerProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto directory = WorkDirectory::make("");
    ASSERT_TRUE(directory);
    directory_ = std::move(*directory);
    options_.program = FLORIN_PROGRAM;
    options_.data_directory = directory_->path() + "/data";
    options_.log_path = directory_->path() + "/server.log";
    options_.arguments = {"--accounts-max", "1000", "--transfers-max", "1000"};
  }

  std::unique_ptr<WorkDirectory> directory_;
  ServerProcessOptions options_;
};

TEST_F(ServerProcessTest, listens_on_loopback_and_stops_in_good_order) {
  auto server = ServerProcess::start(options_);
  ASSERT_TRUE(server) << server.error().message;
  EXPECT_EQ((*server)->host(), "127.0.0.1");
  EXPECT_NE((*server)->port(), 0);
  EXPECT_TRUE((*server)->running());
  const Status stopped = (*server)->stop(60'000);
  EXPECT_TRUE(stopped) << stopped.error().message;
  EXPECT_FALSE((*server)->running());
}

TEST_F(ServerProcessTest, is_gone_after_a_kill_and_can_be_started_again) {
  auto server = ServerProcess::start(options_);
  ASSERT_TRUE(server) << server.error().message;
  (*server)->kill_now();
  EXPECT_FALSE((*server)->running());
  ASSERT_TRUE(start_and_kill(options_, 1));
  auto again = ServerProcess::start(options_);
  EXPECT_TRUE(again) << again.error().message;
}

TEST_F(ServerProcessTest, tells_why_a_server_did_not_start) {
  options_.arguments.push_back("--no-such-option");
  const auto server = ServerProcess::start(options_);
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().message.find("ended before it listened"), std::string::npos)
      << server.error().message;
  EXPECT_NE(server.error().message.find("no-such-option"), std::string::npos)
      << server.error().message;
}

TEST_F(ServerProcessTest, reports_a_program_that_does_not_exist) {
  options_.program = directory_->path() + "/nothing";
  EXPECT_FALSE(ServerProcess::start(options_));
}

TEST(WorkDirectory, refuses_a_directory_with_something_in_it) {
  auto outer = WorkDirectory::make("");
  ASSERT_TRUE(outer);
  EXPECT_TRUE(WorkDirectory::make((*outer)->path() + "/inner"));
  const auto again = WorkDirectory::make((*outer)->path());
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("is not empty"), std::string::npos);
}

}  // namespace
}  // namespace florin::cli
