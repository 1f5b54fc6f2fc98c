// Whole servers in every mode of execution: they say truthfully what they are, and answer several
// connections at once exactly as the reference ledger does.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/end_to_end/judged_load.h"
#include "tests/end_to_end/server_test.h"

namespace florin::test {
namespace {

struct Shape {
  const char* name;
  Arguments arguments;
  const char* mode;
  u32 partitions;
  u32 workers;
};

void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

class Modes : public ServerTest, public ::testing::WithParamInterface<Shape> {
 protected:
  // Threads of the server, as the kernel names them, that begin with `prefix`.
  u32 kernel_threads(const std::string& prefix) {
    u32 count = 0;
    const std::string tasks = "/proc/" + std::to_string(server().pid()) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks)) {
      std::string name;
      std::getline(std::ifstream(task.path() / "comm"), name);
      count += name.starts_with(prefix) ? 1 : 0;
    }
    return count;
  }

  JudgedLoadOptions load(u64 seed) {
    JudgedLoadOptions options;
    options.host = server().host();
    options.port = server().port();
    options.seed = seed;
    return options;
  }
};

TEST_P(Modes, says_its_mode_and_threads) {
  start(GetParam().arguments);
  client::Client client = connect();
  const protocol::ServerInfo info = must(client.ping());
  EXPECT_EQ(info.mode, GetParam().mode);
  EXPECT_EQ(info.partitions, GetParam().partitions);
  EXPECT_EQ(info.workers, GetParam().workers);
  const auto named = [&](const char* prefix) {
    return std::count_if(info.threads.begin(), info.threads.end(),
                         [&](const std::string& name) { return name.starts_with(prefix); });
  };
  EXPECT_EQ(named("core"), 1);
  EXPECT_EQ(named("work"), GetParam().workers);
  // Each thread names itself, when it gets to run.
  EXPECT_TRUE(eventually([&] { return kernel_threads("florin-work") == GetParam().workers; }));
  EXPECT_TRUE(eventually([&] { return kernel_threads("florin-net") == named("net"); }));
}

TEST_P(Modes, answer_several_connections_as_the_reference_does) {
  start(GetParam().arguments);
  const u64 seed = 100 + GetParam().partitions;
  SCOPED_TRACE("seed " + std::to_string(seed));
  judge(run_judged_load(load(seed)));
  stop();
}

TEST_P(Modes, answer_large_requests_as_the_reference_does) {
  start(GetParam().arguments);
  const u64 seed = 200 + GetParam().partitions;
  SCOPED_TRACE("seed " + std::to_string(seed));
  JudgedLoadOptions options = load(seed);
  options.connections = 3;
  options.requests = 25;
  options.request_events_max = 1000;
  judge(run_judged_load(options));
  stop();
}

// Every stage must wake the thread of the next: none may wait for the core to look up by itself.
TEST_P(Modes, answer_reads_on_an_idle_server_at_once) {
  constexpr u64 kReads = 200;
  constexpr auto kAllMost = std::chrono::seconds(6);
  start(GetParam().arguments);
  client::Client client = connect();
  create_two_accounts(client);
  const u128 ids[] = {1, 2};
  const auto begin = std::chrono::steady_clock::now();
  for (u64 count = 0; count < kReads; ++count) must(client.lookup_accounts(ids));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kAllMost);
}

INSTANTIATE_TEST_SUITE_P(
    All, Modes,
    ::testing::Values(Shape{"inline", {"--mode", "inline"}, "inline", 1, 0},
                      Shape{"inline_3_partitions",
                            {"--mode", "inline", "--partitions", "3", "--net-threads", "1"},
                            "inline",
                            3,
                            0},
                      Shape{"parallel_2",
                            {"--mode", "parallel", "--partitions", "2", "--net-threads", "2"},
                            "parallel",
                            2,
                            2},
                      Shape{"parallel_8",
                            {"--mode", "parallel", "--partitions", "8", "--net-threads", "2"},
                            "parallel",
                            8,
                            8},
                      Shape{"posix", {"--mode", "inline", "--storage", "posix"}, "inline", 1, 0}),
    [](const auto& tested) { return std::string(tested.param.name); });

class NetThreads : public ServerTest {};

TEST_F(NetThreads, share_the_connections) {
  start({"--mode", "parallel", "--partitions", "2", "--net-threads", "2"});
  client::Client client = connect();
  const protocol::ServerInfo info = must(client.ping());
  EXPECT_EQ(std::count(info.threads.begin(), info.threads.end(), "net0: network"), 1);
  EXPECT_EQ(std::count(info.threads.begin(), info.threads.end(), "net1: network"), 1);
}

class Storages : public ServerTest {};

TEST_F(Storages, are_what_was_asked_for_and_read_each_other_s_log) {
  start({"--storage", "posix"});
  client::Client first = connect();
  EXPECT_NE(must(first.ping()).storage.find("pwrite"), std::string::npos)
      << must(first.ping()).storage;
  create_two_accounts(first);
  stop();
  start({"--storage", "auto", "--durability", "dsync"});
  client::Client second = connect();
  const u128 ids[] = {1, 2, 3};
  const client::Accounts found = must(second.lookup_accounts(ids));
  EXPECT_TRUE(found.accounts[0] && found.accounts[1] && !found.accounts[2]);
}

}  // namespace
}  // namespace florin::test
