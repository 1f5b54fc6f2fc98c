// Commands carried out by a client: the bridge between what was typed and the protocol.
#pragma once

#include <tl/expected.hpp>

#include "cli/command.h"
#include "client/client.h"

namespace florin::cli {

struct RunFailure {
  Failure failure;
  bool connection_lost = false;  // The server did not answer at all, even after retries.
};

// One request to the server.
tl::expected<Answer, RunFailure> run(client::Client& client, const Command& command);

// The error in the words of a Failure: its code is that of the server's refusal if it refused.
RunFailure run_failure(const client::ClientError& error);

}  // namespace florin::cli
