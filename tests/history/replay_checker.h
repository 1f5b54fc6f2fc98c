// Gives the reference ledger all writes in their order and compares every answer with its own: of
// writes and of reads at their position.
#pragma once

#include "tests/history/placement.h"

namespace florin::test {

// Where ticks stand among writes that were cut off in the same gap: before a write if a hold was
// due by then, or behind all of them. Nothing tells, except what reads saw in between.
enum class TickPlace : u8 { WhenDue, Last };

void check_by_replay(const History& history, const Placement& placement, TickPlace ticks,
                     std::vector<Violation>& violations);

}  // namespace florin::test
