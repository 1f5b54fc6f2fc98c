// Drives many connections on the one thread that calls it: sends what they have queued, one write
// per connection and wake-up, and hands them what arrived. Belongs to one thread.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "protocol/byte_buffer.h"

namespace florin::client {

class Channel;

class Loop {
 public:
  static Result<std::unique_ptr<Loop>> open();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Sends what is queued, waits for the network for at most `timeout_ns` (0: does not wait), and
  // calls the handlers of what arrived; what they queue is sent before it returns. Returns how many
  // connections had something.
  usize run_once(u64 timeout_ns);

 private:
  friend class Channel;

  explicit Loop(int epoll_descriptor);

  // For channels: their descriptors, and those that have something to send.
  Status add(int descriptor, Channel* channel, bool wants_write);
  void change(int descriptor, Channel* channel, bool wants_write);
  void remove(int descriptor, Channel* channel);
  void send_soon(Channel* channel) { unsent_.push_back(channel); }
  void send_queued();

  int epoll_descriptor_;
  std::vector<Channel*> unsent_;   // Each at most once: the channel keeps a mark.
  std::vector<Channel*> sending_;  // Those of the pass in progress; nulls where they went away.
  protocol::ByteBuffer scratch_;   // What was just received, until its channel has read it.
};

}  // namespace florin::client
