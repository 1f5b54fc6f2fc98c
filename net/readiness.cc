#include "net/readiness.h"

#include <cerrno>
#include <system_error>

#include <unistd.h>

#include "net/connection.h"

namespace florin::net {

namespace {

bool control(int descriptor, int action, int socket, Connection* connection, u32 events) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.ptr = connection;
  return epoll_ctl(descriptor, action, socket, &event) == 0;
}

constexpr u32 kReading = EPOLLIN | EPOLLRDHUP;

}  // namespace

Readiness::Readiness() : descriptor_(epoll_create1(EPOLL_CLOEXEC)) {
  if (descriptor_ < 0) {
    throw std::system_error(errno, std::generic_category(), "create an epoll instance");
  }
}

Readiness::~Readiness() { ::close(descriptor_); }

bool Readiness::add(int socket, Connection* connection) {
  return control(descriptor_, EPOLL_CTL_ADD, socket, connection, kReading);
}

bool Readiness::add_writing(int socket, Connection* connection) {
  return control(descriptor_, EPOLL_CTL_MOD, socket, connection, kReading | EPOLLOUT);
}

usize Readiness::poll() {
  const int found = epoll_wait(descriptor_, events_.data(), kEventsMax, 0);
  if (found <= 0) return 0;  // A signal came first.
  for (int index = 0; index < found; ++index) {
    const epoll_event& event = events_[static_cast<usize>(index)];
    static_cast<Connection*>(event.data.ptr)->note(event.events);
  }
  return static_cast<usize>(found);
}

}  // namespace florin::net
