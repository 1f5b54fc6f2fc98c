#include "tests/sinks/sink_run.h"

#include <chrono>
#include <thread>

namespace florin::test {

namespace {

constexpr u64 kWithinNs = 60 * kNsPerSecond;

}  // namespace

exporter::SinkDriverOptions SinkRun::options(exporter::ChangeFilter filter,
                                             const ScratchDirectory& scratch) {
  exporter::SinkDriverOptions options;
  options.name = "bus";
  options.dead_letter_directory = scratch / "dead-letters";
  options.filter = std::move(filter);
  options.page_changes_max = 40;
  options.commit_interval_ns = 2 * kNsPerMs;
  options.commit_changes_max = 150;
  options.back_off.first_ns = 10 * kNsPerMs;
  options.back_off.most_ns = 100 * kNsPerMs;
  return options;
}

SinkRun::SinkRun(exporter::Sink& sink, MemoryStore& store, exporter::ChangeFilter filter)
    : store_(store),
      driver_(options(std::move(filter), scratch_), sink, store, clock_, Random(3),
              [](const exporter::SinkEvent&) {}) {}

// All is committed when the place lies behind the last event of the store.
bool SinkRun::step() {
  if (driver_.step() == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  return driver_.status().committed.position >= store_.readable().value &&
         driver_.status().last_error.empty();
}

bool SinkRun::deliver_all(const std::function<void()>& between) {
  const u64 deadline = clock_.monotonic_ns() + kWithinNs;
  while (!step()) {
    if (between) between();
    if (clock_.monotonic_ns() > deadline) return false;
  }
  return true;
}

void SinkRun::steps(u32 count) {
  while (count != 0 && !step()) --count;
}

std::string SinkRun::await_failure() {
  const u64 deadline = clock_.monotonic_ns() + kWithinNs;
  const u64 before = failures();
  while (failures() == before) {
    step();
    if (clock_.monotonic_ns() > deadline) return {};
  }
  return driver_.status().last_error;
}

}  // namespace florin::test
