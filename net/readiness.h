// Which of a thread's connections can be read or written: epoll, edge-triggered. Boost.Asio would
// tell it too, but tries to read once more after every read, to find that nothing is left: one
// system call in five of a server that gets single transfers. Internal to this folder.
#pragma once

#include <array>

#include <sys/epoll.h>

#include "base/types.h"

namespace florin::net {

class Connection;

class Readiness {
 public:
  // Throws std::system_error when the system gives no epoll instance.
  Readiness();
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Readable while something is to be told.
  int descriptor() const { return descriptor_; }
  // Tells from now on when a socket becomes readable; false when the system has no room for it. A
  // socket leaves by being closed.
  bool add(int socket, Connection* connection);
  // Tells as well when it becomes writable, if it is not or once it was not.
  bool add_writing(int socket, Connection* connection);
  // Hands what happened since to the connections, which must all live, by their note(). Returns how
  // many there were.
  usize poll();

 private:
  static constexpr usize kEventsMax = 256;

  int descriptor_;
  std::array<epoll_event, kEventsMax> events_;
};

}  // namespace florin::net
