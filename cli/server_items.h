// What a server says of itself, as lines of a table and members of JSON.
#pragma once

#include <vector>

#include "cli/command.h"
#include "protocol/messages.h"

namespace florin::cli {

// Everything.
std::vector<InfoItem> server_items(const protocol::ServerInfo& info);
// What there is of snapshots.
std::vector<InfoItem> snapshot_items(const protocol::ServerInfo& info);
// Where its log stands.
std::vector<InfoItem> witness_items(const protocol::ServerInfo& info);

}  // namespace florin::cli
