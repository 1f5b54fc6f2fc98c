// `florin client` as a script calls it: the whole program against a whole server.
#include <cstdio>
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

  // Runs the client with further words of a shell command.
  Ran client(const std::string& words) {
    const std::string command = std::string(FLORIN_PROGRAM) + " client --server " +
                                server_->host() + ":" + std::to_string(server_->port()) + " " +
                                words;
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
