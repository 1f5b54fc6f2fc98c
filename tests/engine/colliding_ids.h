// Two ids that the engine's index cannot tell apart without their records.
#pragma once

#include <string>

#include "base/types.h"

namespace florin::test {

// Puts accounts and transfers of such ids to the reference and to engines, the one existing and the
// other not, then both. Returns what differs first, or nothing.
std::string tell_colliding_ids_apart();

}  // namespace florin::test
