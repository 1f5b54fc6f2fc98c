// The accounts of a workload at the server, made before anything is measured.
#pragma once

#include "base/result.h"
#include "bench/workload.h"
#include "client/client.h"

namespace florin::bench {

// Creates the accounts, and sets the limits of those that have some. Fails when any is refused.
Status prepare_accounts(client::Client& client, const Workload& workload);

}  // namespace florin::bench
