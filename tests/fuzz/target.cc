#include "tests/fuzz/target.h"

#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/check.h"
#include "tests/support/test_size.h"

namespace florin::test {

namespace {

constexpr u64 kSlowdown = kSanitized ? 20 : 1;

// Of this thread: other programs on the machine do not count.
u64 cpu_micros() {
  timespec time{};
  CHECK(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return static_cast<u64>(time.tv_sec) * 1'000'000 + static_cast<u64>(time.tv_nsec) / 1000;
}

}  // namespace

std::span<const FuzzTarget* const> fuzz_targets() {
  static constexpr const FuzzTarget* kTargets[] = {
      &kFramesTarget, &kRequestsTarget, &kQuestionsTarget, &kRepliesTarget,
      &kJsonTarget,   &kTypedTarget,    &kLogTarget,       &kRecoveryTarget};
  return kTargets;
}

FuzzVerdict run_timed(const FuzzTarget& target, std::span<const std::byte> input) {
  const u64 begin = cpu_micros();
  const FuzzVerdict verdict = target.run(input);
  const u64 cost = cpu_micros() - begin;
  if (cost <= target.cpu_micros_max * kSlowdown) return verdict;
  std::fprintf(stderr, "%.*s: an input of %zu bytes took %lu us\n",
               static_cast<int>(target.name.size()), target.name.data(), input.size(), cost);
  CHECK(cost <= target.cpu_micros_max * kSlowdown);
  return verdict;
}

void InputReader::take_into(std::span<std::byte> target) {
  const auto taken = take_bytes(target.size());
  if (!taken.empty()) std::memcpy(target.data(), taken.data(), taken.size());
}

Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace florin::test
