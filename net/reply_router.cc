// The routing of replies by channel number.
#include "net/reply_router.h"

#include "base/check.h"

namespace florin::net {

ReplyRouter::ReplyRouter(std::vector<ledger::ReplySink*> channels) {
  for (ledger::ReplySink* sink : channels) channels_.push_back({.sink = sink, .waiting = false});
}

void ReplyRouter::deliver(ledger::Request* request) {
  CHECK(request->reply_channel < channels_.size());
  Channel& channel = channels_[request->reply_channel];
  channel.sink->deliver(request);
  channel.waiting = true;
}

void ReplyRouter::flush() {
  for (Channel& channel : channels_) {
    if (channel.waiting) channel.sink->flush();
    channel.waiting = false;
  }
}

}  // namespace florin::net
