#include "base/clock.h"

#include <ctime>

namespace florin {

namespace {

u64 read_clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<u64>(now.tv_sec) * 1'000'000'000ULL + static_cast<u64>(now.tv_nsec);
}

}  // namespace

Timestamp SystemClock::wall_time() { return Timestamp{read_clock_ns(CLOCK_REALTIME)}; }

u64 SystemClock::monotonic_ns() { return read_clock_ns(CLOCK_MONOTONIC); }

}  // namespace florin
