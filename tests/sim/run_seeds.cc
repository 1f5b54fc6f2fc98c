#include "tests/sim/run_seeds.h"

#include <atomic>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>

namespace florin::test {

namespace {

// Of a CHECK that fails, the seed is all that one needs to know: read by the signal's handler.
std::atomic<u64> running_seed{0};
std::atomic<const char*> running_plant{"none"};

void tell_seed(int signal) {
  std::fprintf(stderr,
               "aborted in seed %llu; repeat: florin_sim --seed %llu --plant %s --verbose\n",
               static_cast<unsigned long long>(running_seed.load()),
               static_cast<unsigned long long>(running_seed.load()), running_plant.load());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

SeedResult run_seed(u64 seed, Plant plant, bool verbose) {
  running_seed.store(seed);
  const Scenario scenario = draw_scenario(seed, plant);
  if (verbose) std::printf("%s\n", scenario.text().c_str());
  return Simulation(scenario, verbose).run();
}

void note_failure(RangeResult& result, u64 seed, const SeedRange& range, const std::string& why) {
  ++result.failed;
  if (result.failed > 1) return;
  result.first_failed = seed;
  result.failure =
      fmt::format("seed {}: {}\n{}\nrepeat: {}", seed, why, draw_scenario(seed, range.plant).text(),
                  repeat_command(seed, range.plant));
}

}  // namespace

std::string repeat_command(u64 seed, Plant plant) {
  std::string command = fmt::format("florin_sim --seed {} --verbose", seed);
  if (plant != Plant::None) command += fmt::format(" --plant {}", name(plant));
  return command;
}

RangeResult run_seeds(const SeedRange& range) {
  const auto before = std::signal(SIGABRT, tell_seed);
  running_plant.store(name(range.plant));
  RangeResult result;
  for (u64 seed = range.first; seed <= range.last; ++seed) {
    const SeedResult once = run_seed(seed, range.plant, range.verbose);
    ++result.seeds;
    result.exercises.add(once.exercises);
    if (!once.failure.empty()) note_failure(result, seed, range, once.failure);
    // Spread evenly, whatever the range.
    if (seed * range.audited_percent % 100 < range.audited_percent) {
      ++result.audited;
      const SeedResult again = run_seed(seed, range.plant, false);
      if (again.trace_hash != once.trace_hash || again.failure != once.failure) {
        note_failure(result, seed, range,
                     fmt::format("the trace is {:016x}, and {:016x} when it is run again",
                                 once.trace_hash, again.trace_hash));
      }
    }
    if (range.verbose)
      std::printf("trace %016llx\n", static_cast<unsigned long long>(once.trace_hash));
    if (result.failed > 0 && range.stop_at_failure) break;
  }
  std::signal(SIGABRT, before);
  return result;
}

}  // namespace florin::test
