// A target under libFuzzer, whose main() calls these. FLORIN_FUZZ_TARGET is the target's constant.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/fuzz/target.h"

namespace florin::test {
namespace {

const FuzzTarget& target() { return FLORIN_FUZZ_TARGET; }

// Writes the seeds as files, for libFuzzer to begin with.
void write_seeds(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  usize number = 0;
  for (const Bytes& seed : target().seeds()) {
    std::ofstream file(directory / ("seed_" + std::to_string(number++)), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()),
               static_cast<std::streamsize>(seed.size()));
  }
}

}  // namespace
}  // namespace florin::test

extern "C" {

size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

// With FLORIN_FUZZ_SEEDS=DIRECTORY the seeds are written there first.
int LLVMFuzzerInitialize(int*, char***) {
  GTEST_FLAG_SET(throw_on_failure, true);  // What the shared parts expect ends the run, too.
  if (const char* const directory = std::getenv("FLORIN_FUZZ_SEEDS")) {
    florin::test::write_seeds(directory);
  }
  florin::test::target().run({});
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  florin::test::run_timed(florin::test::target(),
                          std::as_bytes(std::span<const uint8_t>(data, size)));
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  const size_t changed = LLVMFuzzerMutate(data, size, max_size);
  const auto repair = florin::test::target().repair;
  // Some are left as they are: damage must be recognised, too.
  if (repair == nullptr || florin::Random(seed).chance(1, 8)) return changed;
  florin::test::Bytes input(changed);
  if (changed > 0) std::memcpy(input.data(), data, changed);
  repair(input);
  if (!input.empty()) std::memcpy(data, input.data(), input.size());
  return input.size();
}

}  // extern "C"
