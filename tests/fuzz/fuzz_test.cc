// The targets without libFuzzer: their seeds, the committed inputs that once failed, and random
// changes of both. FLORIN_SOAK multiplies the changes, FLORIN_SEED makes others.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/fuzz/mutation.h"
#include "tests/fuzz/target.h"

namespace florin::test {
namespace {

u64 number_from(const char* variable) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? 1 : std::max<u64>(1, std::strtoull(text, nullptr, 10));
}

std::vector<Bytes> committed(const FuzzTarget& target) {
  std::vector<Bytes> inputs;
  const std::filesystem::path directory =
      std::filesystem::path(FLORIN_FUZZ_CORPUS) / std::string(target.name);
  if (!std::filesystem::exists(directory)) return inputs;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    inputs.push_back(bytes_of(text));
  }
  return inputs;
}

class Fuzz : public testing::TestWithParam<const FuzzTarget*> {};

TEST_P(Fuzz, bears_any_input) {
  const FuzzTarget& target = *GetParam();
  const u64 seed = number_from("FLORIN_SEED");
  SCOPED_TRACE("FLORIN_SEED=" + std::to_string(seed));
  RecordProperty("seed", std::to_string(seed));
  Random random(seed);
  std::vector<Bytes> inputs = target.seeds();
  ASSERT_FALSE(inputs.empty());
  for (Bytes& input : committed(target)) inputs.push_back(std::move(input));
  u64 taken = 0;
  const auto run = [&](const Bytes& input) {
    if (run_timed(target, input) == FuzzVerdict::Taken) ++taken;
  };
  target.run({});
  for (const Bytes& input : inputs) run(input);
  const u64 mutations = target.mutations * number_from("FLORIN_SOAK");
  for (u64 count = 0; count < mutations; ++count) {
    Bytes input = inputs[random.below(inputs.size())];
    mutate(input, inputs[random.below(inputs.size())], target.bytes_max, random);
    if (target.repair != nullptr && !random.chance(1, 8)) target.repair(input);
    run(input);
  }
  // Changes that all fail at the door, or none of which does any harm, would prove little.
  const u64 total = inputs.size() + mutations;
  std::printf("%lu inputs, %lu taken\n", total, taken);
  EXPECT_GT(taken, total / 200);
  EXPECT_LT(taken, total - total / 200);
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz,
                         testing::ValuesIn(fuzz_targets().begin(), fuzz_targets().end()),
                         [](const auto& target) { return std::string(target.param->name); });

}  // namespace
}  // namespace florin::test
