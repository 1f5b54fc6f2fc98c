// Seeds of the simulator: none may fail, all of what it can do must have been done, the same seed
// must do the same, and planted defects must be found.
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/run_seeds.h"
#include "tests/support/test_size.h"

namespace florin::test {
namespace {

constexpr u64 kSeeds = kSanitized ? 250 : 1'000;
constexpr u64 kAcceptedPercentMin = 40;

// How many times more is done than in a short run.
TEST(Simulator, every_seed_keeps_every_promise) {
  SeedRange range;
  range.last = kSeeds * soak_factor();
  if (soak_factor() > 1) range.audited_percent = 100;
  const RangeResult result = run_seeds(range);
  std::printf("%llu seeds, %llu of them run twice\n%s",
              static_cast<unsigned long long>(result.seeds),
              static_cast<unsigned long long>(result.audited), result.exercises.text().c_str());
  ASSERT_EQ(result.failed, 0u) << result.failure;
  EXPECT_GT(result.audited, 0u);
  EXPECT_GE(result.exercises.accepted_percent(), kAcceptedPercentMin)
      << "most requests were refused: little was tested";
  for (const Exercise missing : result.exercises.missing()) {
    // These happen in a few of 1,000 seeds.
    const bool rare = missing == Exercise::WindowRefusals || missing == Exercise::StartsForWindow;
    if (kSanitized && rare) continue;
    ADD_FAILURE() << "in no seed: " << name(missing);
  }
}

TEST(Simulator, another_seed_does_something_else) {
  const auto hash = [](u64 seed) { return Simulation(draw_scenario(seed)).run().trace_hash; };
  EXPECT_NE(hash(1), hash(2));
}

class PlantedDefect : public testing::TestWithParam<Plant> {};

TEST_P(PlantedDefect, is_found) {
  SeedRange range;
  range.last = 200;
  range.audited_percent = 0;
  range.plant = GetParam();
  const RangeResult result = run_seeds(range);
  EXPECT_EQ(result.failed, 1u) << "not found in " << result.seeds << " seeds";
  std::printf("found in seed %llu: %s\n", static_cast<unsigned long long>(result.first_failed),
              result.failure.c_str());
}

// The engine does not believe it: what history has of ids that are yet to be decided cannot be.
TEST(PlantedDefectDeathTest, a_history_that_tells_the_future_ends_the_process) {
  SeedRange range;
  range.last = 200;
  range.audited_percent = 0;
  range.plant = Plant::HistoryBelievesBeyond;
  EXPECT_DEATH(run_seeds(range), "bug: check failed at .*engine/");
}

std::vector<Plant> plants_that_are_told() {
  std::vector<Plant> plants(std::begin(kPlants), std::end(kPlants));
  std::erase(plants, Plant::HistoryBelievesBeyond);  // That one ends the process.
  return plants;
}

INSTANTIATE_TEST_SUITE_P(Simulator, PlantedDefect, testing::ValuesIn(plants_that_are_told()),
                         [](const auto& each) { return std::string(name(each.param)); });

}  // namespace
}  // namespace florin::test
