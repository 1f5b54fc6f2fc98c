// What a figure of latency is to be compared with: one round trip over the network, and one durable
// write of the disk, both measured in the same run.
#pragma once

#include <string>

#include "base/result.h"
#include "bench/histogram.h"
#include "client/client.h"

namespace florin::bench {

// Round trips to the server that order nothing and write nothing, one after the other.
Result<Histogram> measure_pings(client::Client& client);

struct DurableWrites {
  Histogram latency_ns;
  std::string method;  // How, in words.
};

// Durable writes of 4 KiB, one after the other, to a file in the directory, which is removed again.
Result<DurableWrites> measure_durable_writes(const std::string& directory);

}  // namespace florin::bench
