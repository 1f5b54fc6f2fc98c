// A file descriptor of somebody else that an io_context waits for. Internal to this folder.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace florin::net {

// Never closes the descriptor, which must stay open as long as this object lives.
class WatchedDescriptor {
 public:
  WatchedDescriptor(boost::asio::io_context& io, int descriptor) : stream_(io, descriptor) {}
  ~WatchedDescriptor() { stream_.release(); }
  WatchedDescriptor(const WatchedDescriptor&) = delete;
  WatchedDescriptor& operator=(const WatchedDescriptor&) = delete;

  // Has `on_readable` called once, at once if it is readable now, unless it is to be called
  // already.
  template <class Handler>
  void arm(Handler on_readable) {
    if (armed_) return;
    armed_ = true;
    stream_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this, on_readable](const boost::system::error_code& error) {
                         armed_ = false;
                         if (!error) on_readable();
                       });
  }

 private:
  boost::asio::posix::stream_descriptor stream_;
  bool armed_ = false;
};

}  // namespace florin::net
