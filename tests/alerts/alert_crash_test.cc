// Crashes of alerts: the process ends right before each of its durable steps in turn, and the next
// one goes on. Nothing is lost, and nothing comes twice but what was on its way.
#include <map>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/alerts/alert_world.h"
#include "tests/alerts/killed_steps.h"

namespace florin::test {

namespace {

constexpr usize kTogether = 4;

// Appends ids to a file, a line each: what the receiver has, whatever becomes of the sender.
class LineTarget final : public sinks::MessageTarget {
 public:
  explicit LineTarget(const std::string& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  ~LineTarget() override { ::close(descriptor_); }
  LineTarget(const LineTarget&) = delete;
  LineTarget& operator=(const LineTarget&) = delete;
  Status send(std::span<const sinks::Message> messages) override {
    std::string lines;
    for (const sinks::Message& message : messages) lines += message.id + "\n";
    const bool written =
        ::write(descriptor_, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
    return written ? Status{} : Status(fail(ErrorCode::Io, "cannot write"));
  }

 private:
  int descriptor_;
};

std::vector<std::string> lines_in(const std::string& path) {
  std::vector<std::string> lines;
  const auto content = exporter::read_whole_file(path);
  std::string text = content->value_or("");
  for (usize begin = 0; begin < text.size();) {
    const usize end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

struct CrashWorld : AlertWorld {
  explicit CrashWorld(u64 seed) : AlertWorld(seed) {
    options.memory_changes_min = 10;
    options.uncommitted_bytes_max = 4'000;
    options.messages_max = kTogether;
    driver_options.commit_changes_max = 25;
    make_target = [this](const std::string& name) {
      return std::make_unique<LineTarget>(inbox_path(name));
    };
  }
  std::string inbox_path(const std::string& name) { return scratch / ("inbox-" + name); }

  // Runs in a process of its own, which ends before its step number `kill_step`; returns whether it
  // came to its end.
  bool run_process(u64 kill_step, u64 seed) {
    const pid_t child = ::fork();
    if (child == 0) {
      kill_before_step(kill_step, options.directory, seed);
      start();
      run(6);
      ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_TRUE(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kKilled) << status;
    return WEXITSTATUS(status) == 0;
  }

  // In effect exactly once: each id is there, in order at its first coming, and what came again was
  // sent together.
  void expect_all_told(const std::string& name, u64 kills) {
    const std::vector<std::string> got = lines_in(inbox_path(name));
    std::set<std::string> seen;
    std::vector<std::string> first;
    for (const std::string& id : got) {
      if (seen.insert(id).second) first.push_back(id);
    }
    EXPECT_EQ(first, expected(name));
    EXPECT_LE(got.size() - first.size(), kills * kTogether);
  }
};

}  // namespace

TEST(AlertCrash, before_every_durable_step_loses_nothing) {
  u64 step = 1;
  for (bool ended = false; !ended; ++step) {
    SCOPED_TRACE(step);
    CrashWorld world(21);
    world.made.append_to(world.store, 60);
    ended = world.run_process(step, step);
    ASSERT_TRUE(world.run_process(0, 0));
    world.expect_all_told("ops", 1);
    world.expect_all_told("audit", 1);
    ASSERT_LT(step, 2'000U);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(step, 40U);
}

TEST(AlertCrash, again_and_again_loses_nothing) {
  for (u64 seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    CrashWorld world(seed);
    u64 kills = 0;
    for (u32 round = 0; round < 12; ++round) {
      world.made.append_to(world.store, 12);
      const bool ended = world.run_process(1 + random.below(40), random.next());
      kills += ended ? 0 : 1;
    }
    ASSERT_TRUE(world.run_process(0, 0));
    world.expect_all_told("ops", kills);
    world.expect_all_told("audit", kills);
    EXPECT_GT(kills, 0U);
  }
}

}  // namespace florin::test
