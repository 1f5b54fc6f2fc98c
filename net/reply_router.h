// Sends each answered request back to the network thread that it came from.
#pragma once

#include <vector>

#include "base/types.h"
#include "ledger/request.h"

namespace florin::net {

// Used on the thread that runs the release stage.
class ReplyRouter final : public ledger::ReplySink {
 public:
  // `channels` by number: requests name theirs in `reply_channel`. They must outlive the router.
  explicit ReplyRouter(std::vector<ledger::ReplySink*> channels);

  void deliver(ledger::Request* request) override;
  // Flushes the channels that something was delivered to since the last flush.
  void flush() override;

 private:
  struct Channel {
    ledger::ReplySink* sink;
    bool waiting;  // Delivered to, not flushed yet.
  };
  std::vector<Channel> channels_;
};

}  // namespace florin::net
