// Holds the log of this server to what somebody was told of it before.
#pragma once

#include <optional>

#include "pipeline/log_history.h"
#include "protocol/messages.h"

namespace florin::cli {

// Nothing if the log has it, as far as can be said: of a position older than what `history` keeps
// only that the log has reached it. Otherwise `behind_witness` or `differs_from_witness`, with both
// positions. Any thread.
std::optional<protocol::Refusal> refuse_witness(const pipeline::LogHistory& history,
                                                const protocol::Witness& witness);

}  // namespace florin::cli
