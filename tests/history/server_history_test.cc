// The real program under clients that write down everything, killed and recovered again and again:
// no history of it is one that a ledger cannot have.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "cli/server_process.h"
#include "cli/work_directory.h"
#include "client/client.h"
#include "tests/history/order_checker.h"
#include "tests/history/position_checker.h"
#include "tests/history/recorder.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

using Arguments = std::vector<std::string>;

u64 first_seed() {
  const char* const text = std::getenv("FLORIN_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

template <class Expected>
auto must_have(Expected expected) {
  if (!expected) throw std::runtime_error(expected.error().message);
  if constexpr (!std::is_void_v<typename Expected::value_type>) return std::move(*expected);
}

const Arguments kShapes[] = {
    {"--mode", "inline"},
    {"--mode", "parallel", "--partitions", "2", "--net-threads", "2"},
    {"--mode", "auto", "--partitions", "3"},
};

// How a server ends.
enum class End : u8 { Kill, Terminate };

class ServerHistory : public ::testing::Test {
 protected:
  void make(const RecorderOptions& options) {
    directory_ = must_have(cli::WorkDirectory::make(""));
    recorder_ = std::make_unique<Recorder>(options);
    start(kShapes[0]);
    recorder_->create_accounts(endpoint());
    recorder_->start();
    recorder_->serve_at(endpoint());
  }

  void start(const Arguments& shape) {
    cli::ServerProcessOptions options;
    options.program = FLORIN_PROGRAM;
    options.data_directory = data();
    options.log_path = directory_->path() + "/server.log";
    // Snapshots as often as possible: recoveries are from one and what was logged behind it.
    options.arguments = {"--accounts-max",      "1000", "--transfers-max",    "1000000",
                         "--segment-mib",       "4",    "--snapshot-log-mib", "1",
                         "--snapshot-interval", "1"};
    options.arguments.insert(options.arguments.end(), shape.begin(), shape.end());
    server_ = must_have(cli::ServerProcess::start(options));
    if (server_info().recovered_from.value > 0) ++recoveries_from_snapshot_;
  }

  protocol::ServerInfo server_info() const {
    client::ClientOptions options;
    options.host = server_->host();
    options.port = server_->port();
    return must_have(must_have(client::Client::connect(options, Random(1))).ping());
  }

  void end(End how) {
    if (how == End::Kill) server_->kill_now();
    if (how == End::Terminate) must_have(server_->stop(30'000));
  }

  // Until so many more calls were answered.
  void live(u64 calls) {
    const u64 enough = recorder_->answered() + calls;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (recorder_->answered() < enough) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("nothing moves");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  // Ends clients and server, and reads everything from the next one.
  void finish() {
    recorder_->stop();
    end(End::Kill);
    start(kShapes[1]);
    recorder_->read_all(endpoint());
    end(End::Terminate);
  }

  client::Endpoint endpoint() const {
    return must_have(client::resolve(server_->host(), server_->port())).front();
  }
  std::string data() const { return directory_->path() + "/data"; }

  std::unique_ptr<cli::WorkDirectory> directory_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<cli::ServerProcess> server_;
  usize recoveries_from_snapshot_ = 0;
};

struct Counts {
  usize answered_writes = 0;
  usize reads = 0;
  usize cut_off = 0;
  usize events = 0;
  usize refused_events = 0;
};

Counts count(const History& history) {
  Counts counts;
  for (const Call& call : history.calls) {
    const ledger::Request& request = call.asked.request();
    const bool answered = call.end == CallEnd::Answered;
    counts.answered_writes += answered && request.is_logged() ? 1 : 0;
    counts.reads += answered && !request.is_logged() ? 1 : 0;
    counts.cut_off += call.end == CallEnd::Unknown && request.is_logged() ? 1 : 0;
    if (!answered || !request.is_logged()) continue;
    counts.events += request.event_count;
    counts.refused_events += request.exceptions.size();
  }
  return counts;
}

TEST_F(ServerHistory, of_a_server_that_is_killed_again_and_again_is_one_that_a_ledger_can_have) {
  usize cut_off = 0;
  for (u64 run = 0; run < 3 * soak_factor(); ++run) {
    RecorderOptions options;
    options.seed = first_seed() + run;
    SCOPED_TRACE("FLORIN_SEED=" + std::to_string(options.seed));
    Random random(options.seed);
    options.clients = static_cast<u32>(2 + random.below(4));
    options.in_flight = static_cast<u32>(1 + random.below(6));
    options.bank.customers = static_cast<u32>(6 + random.below(30));
    make(options);
    for (u32 round = 0; round < 5; ++round) {
      live(100 + random.below(1500));
      end(random.chance(4, 5) ? End::Kill : End::Terminate);
      start(kShapes[random.below(std::size(kShapes))]);
      recorder_->serve_at(endpoint());
    }
    live(300);
    finish();
    const History& history = recorder_->history();
    EXPECT_EQ(text(check_by_positions(history)), "");
    EXPECT_EQ(text(check_by_orders(history)), "");
    const Counts counts = count(history);
    std::printf("seed %lu: %zu writes of %zu events (%zu refused), %zu reads, %zu cut off\n",
                options.seed, counts.answered_writes, counts.events, counts.refused_events,
                counts.reads, counts.cut_off);
    EXPECT_GT(counts.answered_writes, 500u);
    EXPECT_GT(counts.reads, 300u);
    EXPECT_LT(counts.refused_events * 2, counts.events);
    cut_off += counts.cut_off;
    if (HasFailure()) return;
  }
  EXPECT_GT(cut_off, 0u);  // Or the kills met nobody.
  EXPECT_GT(recoveries_from_snapshot_, 0u);
}

// The control: a server whose files were put back to an earlier state has forgotten what it had
// confirmed, and both judges must say so.
TEST_F(ServerHistory, of_a_server_that_forgot_is_rejected) {
  RecorderOptions options;
  options.seed = first_seed();
  make(options);
  live(300);
  end(End::Terminate);
  const std::string earlier = directory_->path() + "/earlier";
  std::filesystem::copy(data(), earlier, std::filesystem::copy_options::recursive);
  start(kShapes[0]);
  recorder_->serve_at(endpoint());
  live(300);
  end(End::Kill);
  std::filesystem::remove_all(data());
  std::filesystem::rename(earlier, data());
  start(kShapes[0]);
  recorder_->serve_at(endpoint());
  live(300);
  finish();
  EXPECT_FALSE(check_by_positions(recorder_->history()).empty());
  EXPECT_FALSE(check_by_orders(recorder_->history()).empty());
}

}  // namespace
}  // namespace florin::test
