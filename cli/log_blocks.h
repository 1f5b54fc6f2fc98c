// Single blocks of a log, for people: a line each, or everything in one of them.
#pragma once

#include <string>
#include <vector>

#include "cli/json_values.h"
#include "cli/table.h"
#include "wal/reader.h"

namespace florin::cli {

Json block_to_json(const wal::Block& block);
// The blocks as they were given to block_to_json.
std::string render_blocks(const std::vector<Json>& blocks, Colour colour);

// The requests of a block with all their events, one JSON object each, in the order of positions.
std::vector<Json> requests_of(const wal::Block& block);

}  // namespace florin::cli
