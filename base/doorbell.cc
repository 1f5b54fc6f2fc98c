#include "base/doorbell.h"

#include <array>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

namespace florin {

namespace {

constexpr usize kWaitedDescriptorsMax = 8;

}  // namespace

Doorbell::Doorbell() : descriptor_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(descriptor_ >= 0);
}

Doorbell::~Doorbell() { close(descriptor_); }

void Doorbell::wake() {
  const u64 one = 1;
  // The only failure is a full counter, and then the owner is awake already.
  [[maybe_unused]] const auto written = write(descriptor_, &one, sizeof(one));
}

void Doorbell::clear() {
  u64 count = 0;
  [[maybe_unused]] const auto got = read(descriptor_, &count, sizeof(count));
}

void Doorbell::wait(std::span<const int> others, int timeout_ms) {
  CHECK(others.size() < kWaitedDescriptorsMax);
  std::array<pollfd, kWaitedDescriptorsMax> waited{};
  waited[0] = {descriptor_, POLLIN, 0};
  nfds_t count = 1;
  for (const int other : others) {
    if (other >= 0) waited[count++] = {other, POLLIN, 0};
  }
  const int ready = poll(waited.data(), count, timeout_ms);
  disarm();
  if (ready > 0 && (waited[0].revents & POLLIN) != 0) clear();
}

}  // namespace florin
