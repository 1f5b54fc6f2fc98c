// Commands carried out by a client: the bridge between what was typed and the protocol.
#pragma once

#include <functional>

#include <tl/expected.hpp>

#include "cli/command.h"
#include "client/client.h"

namespace florin::cli {

struct RunFailure {
  Failure failure;
  bool connection_lost = false;  // The server did not answer at all, even after retries.
};

// Called now and then while a snapshot of everything up to a position is waited for.
using SnapshotProgress = std::function<void(Position wanted, u64 waited_ns)>;

// One request to the server; of `snapshot`, as many as it takes.
tl::expected<Answer, RunFailure> run(client::Client& client, const Command& command,
                                     const SnapshotProgress& progress = {});

// The error in the words of a Failure: its code is that of the server's refusal if it refused.
RunFailure run_failure(const client::ClientError& error);

}  // namespace florin::cli
