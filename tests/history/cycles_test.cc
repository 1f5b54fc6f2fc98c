// Each kind of cycle by its name, from the edges alone.
#include "tests/history/cycles.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace florin::test {
namespace {

constexpr EdgeKind ww = EdgeKind::WriteWrite;
constexpr EdgeKind wr = EdgeKind::WriteRead;
constexpr EdgeKind rw = EdgeKind::ReadWrite;
constexpr EdgeKind rt = EdgeKind::RealTime;

struct CycleRow {
  std::vector<Edge> edges;
  Anomaly anomaly;
  usize length;
};

TEST(Cycles, are_named_by_the_kinds_of_their_edges) {
  const CycleRow rows[] = {
      {{{0, 1, ww}, {1, 0, ww}}, Anomaly::DirtyWrite, 2},
      {{{0, 1, ww}, {1, 0, wr}}, Anomaly::CircularInformation, 2},
      {{{0, 1, wr}, {1, 2, wr}, {2, 0, wr}}, Anomaly::CircularInformation, 3},
      {{{0, 1, wr}, {1, 0, rw}}, Anomaly::ReadSkew, 2},
      {{{0, 1, wr}, {1, 2, rw}, {2, 3, wr}, {3, 0, rw}}, Anomaly::WriteSkew, 4},
      {{{0, 1, rw}, {1, 0, rw}}, Anomaly::WriteSkew, 2},
      {{{0, 1, ww}, {1, 2, rt}, {2, 0, rt}}, Anomaly::DirtyWriteInTime, 3},
      {{{0, 1, wr}, {1, 0, rt}}, Anomaly::CircularInformationInTime, 2},
      {{{0, 1, rw}, {1, 0, rt}}, Anomaly::ReadSkewInTime, 2},
      {{{0, 1, rw}, {1, 2, rt}, {2, 3, rw}, {3, 0, rt}}, Anomaly::WriteSkewInTime, 4},
      // The worst kind counts, whatever else there is.
      {{{0, 1, rw}, {1, 0, rw}, {2, 3, ww}, {3, 2, ww}}, Anomaly::DirtyWrite, 2},
      {{{0, 1, rw}, {1, 0, rw}, {0, 2, wr}, {2, 0, rw}}, Anomaly::ReadSkew, 2},
  };
  for (const CycleRow& row : rows) {
    const std::vector<Cycle> cycles = find_cycles(4, row.edges);
    ASSERT_EQ(cycles.size(), 1u) << name(row.anomaly);
    EXPECT_EQ(name(cycles[0].anomaly), name(row.anomaly));
    EXPECT_EQ(cycles[0].nodes.size(), row.length) << name(row.anomaly);
  }
}

TEST(Cycles, are_ways_along_edges_that_are_there) {
  // Two rings that share a node, among edges that lead nowhere back.
  const std::vector<Edge> edges = {{0, 1, ww}, {1, 2, ww}, {2, 0, ww}, {2, 3, wr},
                                   {3, 4, rw}, {5, 0, ww}, {2, 6, ww}, {6, 2, ww}};
  const std::vector<Cycle> cycles = find_cycles(7, edges);
  ASSERT_EQ(cycles.size(), 1u);
  const std::vector<u32>& nodes = cycles[0].nodes;
  for (usize at = 0; at < nodes.size(); ++at) {
    const u32 to = nodes[(at + 1) % nodes.size()];
    EXPECT_TRUE(std::ranges::any_of(
        edges, [&](const Edge& edge) { return edge.from == nodes[at] && edge.to == to; }));
  }
}

TEST(Cycles, are_not_found_where_there_are_none) {
  std::vector<Edge> edges;
  constexpr u32 kNodes = 200'000;  // As deep as it is long: no recursion bears that.
  for (u32 node = 1; node < kNodes; ++node) edges.push_back({node - 1, node, EdgeKind::RealTime});
  for (u32 node = 7; node < kNodes; node += 7) edges.push_back({node - 7, node, ww});
  EXPECT_TRUE(find_cycles(kNodes, edges).empty());
  edges.push_back({kNodes - 1, 0, rw});
  const std::vector<Cycle> cycles = find_cycles(kNodes, edges);
  ASSERT_EQ(cycles.size(), 1u);
  EXPECT_EQ(cycles[0].anomaly, Anomaly::ReadSkewInTime);
}

}  // namespace
}  // namespace florin::test
