// Settings of a client.
#pragma once

#include <chrono>
#include <string>

#include "base/types.h"
#include "client/witness_keeper.h"
#include "protocol/frame.h"

namespace florin::client {

struct ClientOptions {
  std::string host = "127.0.0.1";  // An address or a DNS name.
  u16 port = 7717;
  // How long `Client::connect` goes on trying. The resolver's own time for a DNS name comes on top.
  std::chrono::milliseconds connect_deadline{2000};
  // How long one request may take, with all its retries.
  std::chrono::milliseconds deadline{10'000};
  // Pause before the first retry; doubled for each further one up to the maximum, and shortened by
  // a random part of up to a half, so that clients of a restarted server do not come all at once.
  std::chrono::milliseconds backoff_min{5};
  std::chrono::milliseconds backoff_max{1000};
  u128 trace_id = 0;  // Stored in the log with each request; 0 = none.
  // What is known of the server's log from an earlier run, such as a file of `florin client
  // witness`: a server that does not have it is refused. The client adds to it whatever it sees.
  Witness witness;
  u64 reply_bytes_max = protocol::kReplyFrameBytesMax;  // A larger reply is an error.
};

}  // namespace florin::client
