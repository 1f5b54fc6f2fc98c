// Checks, through the protocol alone, that the server has exactly what the benchmark sent it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bench/load_options.h"
#include "client/client.h"

namespace florin::bench {

struct Verification {
  u64 accounts_checked = 0;
  u64 transfers_checked = 0;
  std::vector<std::string> problems;  // Empty when everything is there.
};

// Draws the workload's first `options.transfers` transfers again and compares: the trial balance of
// the workload's ledger, a sample of its accounts with their limits, and a sample of its transfers
// with what became of holds; on an exclusive server also the number of transfers it holds.
Result<Verification> verify(client::Client& client, const LoadOptions& options, bool exclusive);

}  // namespace florin::bench
