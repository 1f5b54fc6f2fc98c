// Cycles among calls, each edge of which says why one stands before the other, and their names.
#pragma once

#include <span>
#include <vector>

#include "tests/history/history.h"

namespace florin::test {

enum class EdgeKind : u8 {
  WriteWrite = 1 << 0,  // Overwrote what the other wrote.
  WriteRead = 1 << 1,   // Read what the other wrote.
  ReadWrite = 1 << 2,   // Did not see what the other wrote.
  RealTime = 1 << 3,    // Completed before the other was invoked.
};

struct Edge {
  u32 from = 0;
  u32 to = 0;
  EdgeKind kind = EdgeKind::WriteWrite;
};

struct Cycle {
  Anomaly anomaly;
  std::vector<u32> nodes;  // In the order of the edges; the last leads to the first.
};

// One cycle of every strongly connected component, by the method of Tarjan, "Depth-first search and
// linear graph algorithms" (1972). Of the kinds of cycle that there are, only those of the worst
// kind are given: the others may follow from them.
std::vector<Cycle> find_cycles(u32 nodes, std::span<const Edge> edges);

}  // namespace florin::test
