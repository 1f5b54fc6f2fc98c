// The event loop over epoll.
#include "client/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <unistd.h>

#include "base/check.h"
#include "client/channel.h"

namespace florin::client {
namespace {

constexpr usize kScratchBytes = 256 * kKiB;
constexpr usize kEventsMax = 256;

epoll_event interest(Channel* channel, bool wants_write) {
  epoll_event event{};
  event.events = EPOLLIN | (wants_write ? EPOLLOUT : 0u);
  event.data.ptr = channel;
  return event;
}

timespec to_timespec(u64 duration_ns) {
  return {static_cast<time_t>(duration_ns / kNsPerSecond),
          static_cast<long>(duration_ns % kNsPerSecond)};
}

}  // namespace

Result<std::unique_ptr<Loop>> Loop::open() {
  const int descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) return fail_errno(errno, "create an epoll instance");
  return std::unique_ptr<Loop>(new Loop(descriptor));
}

Loop::Loop(int epoll_descriptor) : epoll_descriptor_(epoll_descriptor) {
  scratch_.extend(kScratchBytes);
}

Loop::~Loop() { ::close(epoll_descriptor_); }

usize Loop::run_once(u64 timeout_ns) {
  send_queued();
  std::array<epoll_event, kEventsMax> events;
  const timespec timeout = to_timespec(timeout_ns);
  const int found = epoll_pwait2(epoll_descriptor_, events.data(), kEventsMax, &timeout, nullptr);
  CHECK(found >= 0 || errno == EINTR);
  for (int index = 0; index < found; ++index) {
    const epoll_event& event = events[static_cast<usize>(index)];
    static_cast<Channel*>(event.data.ptr)
        ->ready((event.events & ~u32{EPOLLOUT}) != 0, (event.events & EPOLLOUT) != 0);
  }
  send_queued();
  return static_cast<usize>(std::max(found, 0));
}

// A channel that breaks while it sends calls its handler, who may queue on others: those are sent
// in the next pass, so that no pass grows without end.
void Loop::send_queued() {
  CHECK(sending_.empty());
  std::swap(sending_, unsent_);
  for (usize index = 0; index < sending_.size(); ++index) {
    if (sending_[index] != nullptr) sending_[index]->flush();
  }
  sending_.clear();
}

Status Loop::add(int descriptor, Channel* channel, bool wants_write) {
  epoll_event event = interest(channel, wants_write);
  if (epoll_ctl(epoll_descriptor_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
    return fail_errno(errno, "watch a connection");
  }
  return {};
}

void Loop::change(int descriptor, Channel* channel, bool wants_write) {
  epoll_event event = interest(channel, wants_write);
  CHECK(epoll_ctl(epoll_descriptor_, EPOLL_CTL_MOD, descriptor, &event) == 0);
}

void Loop::remove(int descriptor, Channel* channel) {
  CHECK(epoll_ctl(epoll_descriptor_, EPOLL_CTL_DEL, descriptor, nullptr) == 0);
  std::erase(unsent_, channel);
  std::replace(sending_.begin(), sending_.end(), channel, static_cast<Channel*>(nullptr));
}

}  // namespace florin::client
