// Asking a server for a snapshot, and waiting for it.
#pragma once

#include <functional>

#include <tl/expected.hpp>

#include "base/types.h"
#include "cli/command_runner.h"
#include "client/client.h"

namespace florin::cli {

// Returns when the server has a snapshot of everything that it had when it was asked, with what it
// then says of itself; or when it has failed to make one. Calls `progress`, if there is one, while
// it waits: as long as that takes, but each question within the client's deadline.
tl::expected<protocol::ServerInfo, RunFailure> wait_for_snapshot(client::Client& client,
                                                                 const SnapshotProgress& progress);

}  // namespace florin::cli
