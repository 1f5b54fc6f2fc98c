#include "tests/sinks/kill_runs.h"

#include <chrono>
#include <thread>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace florin::test {

namespace {

constexpr int kDelivered = 10;
constexpr int kFailed = 11;
constexpr u32 kFailuresMax = 50;

[[noreturn]] void deliver_in_child(const exporter::SinkDriverOptions& options,
                                   const MakeSink& make_sink, MemoryStore& store) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::unique_ptr<exporter::Sink> sink = make_sink();
  SystemClock clock;
  exporter::SinkDriver driver(options, *sink, store, clock, Random(1),
                              [](const exporter::SinkEvent&) {});
  bool all_read = false;
  while (!driver.stopped() && driver.status().failures < kFailuresMax) {
    const usize done = driver.step();
    all_read = all_read || (done == 0 && driver.status().last_error.empty());
    if (all_read) driver.stop();
  }
  ::_exit(driver.stopped() && driver.status().last_error.empty() ? kDelivered : kFailed);
}

}  // namespace

KillOutcome deliver_and_kill(const exporter::SinkDriverOptions& options, const MakeSink& make_sink,
                             MemoryStore& store, u64 kill_after_us) {
  const pid_t child = ::fork();
  if (child == 0) deliver_in_child(options, make_sink, store);
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(kill_after_us);
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() >= end) ::kill(child, SIGKILL);
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  if (WIFSIGNALED(status)) return KillOutcome::Killed;
  return WEXITSTATUS(status) == kDelivered ? KillOutcome::Delivered : KillOutcome::Failed;
}

}  // namespace florin::test
