// Starts that cannot be: each ends at once, with status 1 and a sentence that names what is wrong.
#include <filesystem>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

class StartRefusals : public ServerTest {
 protected:
  // `florin serve` with these words after the data directory.
  Ran serve(const std::string& data_directory, const std::string& words) {
    return florin("serve --data '" + data_directory + "' " + words);
  }
};

TEST_F(StartRefusals, a_second_server_names_the_first) {
  start();
  const std::string said = refused_start("", data());
  EXPECT_NE(said.find("in use by another process (pid " + std::to_string(server().pid()) + ")"),
            std::string::npos)
      << said;
  expect_healthy();
}

TEST_F(StartRefusals, a_port_in_use_is_named) {
  const int taken = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(taken, 1), 0);
  ASSERT_EQ(::getsockname(taken, reinterpret_cast<sockaddr*>(&address), &length), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const Ran ran = serve(data(), "--listen 127.0.0.1:" + port);
  ::close(taken);
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_NE(ran.output.find("127.0.0.1 port " + port + ": Address already in use"),
            std::string::npos)
      << ran.output;
}

TEST_F(StartRefusals, a_missing_parent_directory_is_named) {
  const std::string parent = directory() + "/nowhere";
  const Ran ran = serve(parent + "/data", "--listen 127.0.0.1:0");
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_NE(ran.output.find("parent directory " + parent + " does not exist"), std::string::npos)
      << ran.output;
}

TEST_F(StartRefusals, a_file_in_place_of_the_directory_is_named) {
  run_shell("echo hello > '" + data() + "'");
  refused_start("", data());
}

TEST_F(StartRefusals, a_directory_without_permission_is_named) {
  std::filesystem::create_directory(data());
  std::filesystem::permissions(data(), std::filesystem::perms(0555));
  std::filesystem::permissions(directory(), std::filesystem::perms(0755));
  // Root may write everywhere: somebody else must try, with a program that everybody can reach and
  // without options of a sanitizer that name files of root's.
  const std::string program = directory() + "/florin";
  std::filesystem::copy_file(FLORIN_PROGRAM, program);
  const std::string user =
      ::geteuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";
  const std::string run = "env -u TSAN_OPTIONS -u ASAN_OPTIONS " + user + "'" + program + "'";
  if (run_shell(run + " --version").status != 0) {
    GTEST_SKIP() << "the program cannot be run as another user here";
  }
  const Ran ran =
      run_shell("timeout 60 " + run + " serve --data '" + data() + "' --listen 127.0.0.1:0");
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_NE(ran.output.find(data()), std::string::npos) << ran.output;
  EXPECT_NE(ran.output.find("Permission denied"), std::string::npos) << ran.output;
}

TEST_F(StartRefusals, addresses_beyond_loopback_are_refused) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0", ":0"}) {
    const Ran ran = serve(data(), std::string("--listen ") + address);
    EXPECT_EQ(ran.status, 1) << ran.output;
    EXPECT_NE(ran.output.find("--listen"), std::string::npos) << ran.output;
  }
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(StartRefusals, bad_option_values_are_named) {
  const char* const kBad[][2] = {
      {"--mode sideways", "--mode is 'sideways'"},
      {"--storage paper", "--storage is 'paper'"},
      {"--durability hope", "--durability is 'hope'"},
      {"--net-threads 65", "--net-threads is 65"},
  };
  for (const auto& [words, culprit] : kBad) refused_start(words, culprit);
}

TEST_F(StartRefusals, values_outside_of_limits_are_named) {
  refused_start("--segment-mib 1", "segment");
  refused_start("--mode parallel --partitions 100000", "partitions");
  refused_start("--connections-max 0", "connections_max");
}

TEST_F(StartRefusals, unknown_words_end_with_an_error) {
  for (const char* words : {"--no-such-option", "--accounts-max many", "stray"}) {
    const Ran ran = serve(data(), words);
    EXPECT_GT(ran.status, 0) << words << ": " << ran.output;
    EXPECT_NE(ran.status, 124) << words << " ran until the timeout";
  }
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(StartRefusals, too_little_capacity_for_what_is_there_is_refused) {
  start();
  {
    client::Client client = connect();
    std::vector<ledger::Account> accounts;
    for (u64 id = 1; id <= 50; ++id) accounts.push_back(simple_account(id));
    must(client.create_accounts(accounts));
  }
  stop();
  refused_start("--accounts-max 49", "accounts");
  start({"--accounts-max", "50"});
  expect_healthy();
}

}  // namespace
}  // namespace florin::test
