// florin_sim: runs seeds of the simulator from the command line. docs/simulator.md says more.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "tests/sim/run_seeds.h"

namespace {

using namespace florin;
using namespace florin::test;

constexpr const char* kUsage =
    "usage: florin_sim (--seed N | --seeds A..B) [--verbose] [--audit PERCENT] [--keep-going]\n"
    "                  [--plant DEFECT]\n"
    "\n"
    "  --seed N         runs one seed and prints what it drew and the hash of its trace\n"
    "  --seeds A..B     runs a range and prints what was exercised\n"
    "  --verbose        prints the trace\n"
    "  --audit PERCENT  so many of the seeds are run twice and must do the same (5)\n"
    "  --keep-going     does not end at the first seed that fails\n"
    "  --plant DEFECT   syncs_ignored, early_acknowledgements, directory_syncs_ignored,\n"
    "                   snapshots_unsynced, early_trims, or a lie of the store of history\n"
    "                   (tests/sim/scenario.cc has their names): the run ought to fail\n";

bool parse(std::string_view text, u64& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_range(std::string_view text, SeedRange& range) {
  const usize dots = text.find("..");
  return dots != std::string_view::npos && parse(text.substr(0, dots), range.first) &&
         parse(text.substr(dots + 2), range.last) && range.first <= range.last;
}

bool parse_plant(std::string_view text, Plant& plant) {
  for (const Plant each : kPlants) {
    if (text != name(each)) continue;
    plant = each;
    return true;
  }
  return text == name(Plant::None);
}

// Returns false when the arguments make no sense.
bool parse_arguments(int count, char** values, SeedRange& range) {
  bool seeds_given = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view option = values[i];
    if (option == "--verbose") {
      range.verbose = true;
      continue;
    }
    if (option == "--keep-going") {
      range.stop_at_failure = false;
      continue;
    }
    if (++i == count) return false;
    const std::string_view value = values[i];
    if (option == "--seed" && parse(value, range.first)) {
      range.last = range.first;
      seeds_given = true;
    } else if (option == "--seeds" && parse_range(value, range)) {
      seeds_given = true;
    } else if (!(option == "--audit" && parse(value, range.audited_percent)) &&
               !(option == "--plant" && parse_plant(value, range.plant))) {
      return false;
    }
  }
  return seeds_given;
}

}  // namespace

int main(int count, char** values) {
  SeedRange range;
  if (!parse_arguments(count, values, range)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (range.first == range.last) {
    std::printf("%s\n", draw_scenario(range.first, range.plant).text().c_str());
    const SeedResult result =
        Simulation(draw_scenario(range.first, range.plant), range.verbose).run();
    std::printf("trace %016llx\n%s", static_cast<unsigned long long>(result.trace_hash),
                result.exercises.text().c_str());
    if (result.failure.empty()) return 0;
    std::printf("FAILED: seed %llu: %s\nrepeat: %s\n", static_cast<unsigned long long>(range.first),
                result.failure.c_str(), repeat_command(range.first, range.plant).c_str());
    return 1;
  }
  const RangeResult result = run_seeds(range);
  std::printf("%s%llu seeds, %llu of them audited, %llu failed\n", result.exercises.text().c_str(),
              static_cast<unsigned long long>(result.seeds),
              static_cast<unsigned long long>(result.audited),
              static_cast<unsigned long long>(result.failed));
  if (result.failed == 0) return 0;
  std::printf("FAILED: %s\n", result.failure.c_str());
  return 1;
}
