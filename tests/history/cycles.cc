#include "tests/history/cycles.h"

#include <algorithm>
#include <deque>
#include <optional>

namespace florin::test {

namespace {

using Kinds = u8;

constexpr Kinds kWw = static_cast<Kinds>(EdgeKind::WriteWrite);
constexpr Kinds kWr = static_cast<Kinds>(EdgeKind::WriteRead);
constexpr Kinds kRw = static_cast<Kinds>(EdgeKind::ReadWrite);
constexpr Kinds kRt = static_cast<Kinds>(EdgeKind::RealTime);
constexpr u32 kUnseen = ~u32{0};

bool is_of(const Edge& edge, Kinds kinds) { return (static_cast<Kinds>(edge.kind) & kinds) != 0; }

// The edges of some kinds, by where they begin.
class Graph {
 public:
  Graph(u32 nodes, std::span<const Edge> edges, Kinds kinds) : begins_(nodes + 1) {
    for (const Edge& edge : edges) {
      if (is_of(edge, kinds)) ++begins_[edge.from + 1];
    }
    for (u32 node = 0; node < nodes; ++node) begins_[node + 1] += begins_[node];
    edges_.resize(begins_.back());
    std::vector<u32> next(begins_.begin(), begins_.end() - 1);
    for (const Edge& edge : edges) {
      if (is_of(edge, kinds)) edges_[next[edge.from]++] = edge;
    }
  }

  u32 nodes() const { return static_cast<u32>(begins_.size() - 1); }
  std::span<const Edge> from(u32 node) const {
    return std::span(edges_).subspan(begins_[node], begins_[node + 1] - begins_[node]);
  }

 private:
  std::vector<u32> begins_;
  std::vector<Edge> edges_;
};

// Numbers the strongly connected components; nodes of the same number reach each other.
class Components {
 public:
  explicit Components(const Graph& graph)
      : graph_(graph),
        index_(graph.nodes(), kUnseen),
        low_(graph.nodes()),
        of_(graph.nodes(), kUnseen) {
    for (u32 node = 0; node < graph.nodes(); ++node) {
      if (index_[node] == kUnseen) visit(node);
    }
  }

  u32 of(u32 node) const { return of_[node]; }
  u32 size(u32 component) const { return sizes_[component]; }
  bool any_cycle() const { return sizes_.size() < of_.size(); }

 private:
  struct Frame {
    u32 node;
    u32 next_edge;
  };

  void enter(u32 node) {
    index_[node] = low_[node] = next_index_++;
    open_.push_back(node);
    frames_.push_back({node, 0});
  }

  void visit(u32 root) {
    enter(root);
    while (!frames_.empty()) {
      const u32 node = frames_.back().node;
      const std::span<const Edge> edges = graph_.from(node);
      if (frames_.back().next_edge < edges.size()) {
        const u32 to = edges[frames_.back().next_edge++].to;
        if (index_[to] == kUnseen) {
          enter(to);
        } else if (of_[to] == kUnseen) {
          low_[node] = std::min(low_[node], index_[to]);
        }
        continue;
      }
      frames_.pop_back();
      if (!frames_.empty()) {
        const u32 parent = frames_.back().node;
        low_[parent] = std::min(low_[parent], low_[node]);
      }
      if (low_[node] == index_[node]) close(node);
    }
  }

  void close(u32 root) {
    sizes_.push_back(0);
    u32 node = kUnseen;
    while (node != root) {
      node = open_.back();
      open_.pop_back();
      of_[node] = static_cast<u32>(sizes_.size() - 1);
      ++sizes_.back();
    }
  }

  const Graph& graph_;
  u32 next_index_ = 0;
  std::vector<u32> index_;
  std::vector<u32> low_;
  std::vector<u32> of_;
  std::vector<u32> sizes_;
  std::vector<u32> open_;
  std::vector<Frame> frames_;
};

// The shortest way between two nodes of a component: from the first to the last, both included.
std::optional<std::vector<u32>> find_way(const Graph& graph, const Components& components, u32 from,
                                         u32 to) {
  std::vector<u32> came_from(graph.nodes(), kUnseen);
  std::deque<u32> waiting{from};
  came_from[from] = from;
  while (!waiting.empty() && came_from[to] == kUnseen) {
    const u32 node = waiting.front();
    waiting.pop_front();
    for (const Edge& edge : graph.from(node)) {
      if (came_from[edge.to] != kUnseen || components.of(edge.to) != components.of(from)) continue;
      came_from[edge.to] = node;
      waiting.push_back(edge.to);
    }
  }
  if (came_from[to] == kUnseen) return std::nullopt;
  std::vector<u32> way{to};
  while (way.back() != from) way.push_back(came_from[way.back()]);
  std::reverse(way.begin(), way.end());
  return way;
}

struct Level {
  Kinds kinds;
  Anomaly one_unseen;   // When a cycle has at most one edge ReadWrite, ...
  Anomaly more_unseen;  // ... and when every cycle has more.
};

constexpr Level kLevels[] = {
    {kWw, Anomaly::DirtyWrite, Anomaly::DirtyWrite},
    {kWw | kWr, Anomaly::CircularInformation, Anomaly::CircularInformation},
    {kWw | kWr | kRw, Anomaly::ReadSkew, Anomaly::WriteSkew},
    {kWw | kRt, Anomaly::DirtyWriteInTime, Anomaly::DirtyWriteInTime},
    {kWw | kWr | kRt, Anomaly::CircularInformationInTime, Anomaly::CircularInformationInTime},
    {kWw | kWr | kRw | kRt, Anomaly::ReadSkewInTime, Anomaly::WriteSkewInTime},
};

// The cycle of a component that has at most one edge ReadWrite, or else any.
class Namer {
 public:
  Namer(const Level& level, const Graph& all, const Components& components,
        std::span<const Edge> edges)
      : level_(level),
        all_(all),
        seen_(all.nodes(), edges, static_cast<Kinds>(level.kinds & ~kRw)),
        components_(components) {}

  // `inside`: the edges between nodes of one component, at least one.
  Cycle name(std::span<const Edge> inside) const {
    constexpr usize kTriesMax = 200;
    usize tries = 0;
    // An edge that the first levels do not have is part of the cycle: without it they would have
    // found one.
    for (const Kinds kind : {kRw, kRt, kWr, kWw}) {
      for (const Edge& edge : inside) {
        if (!is_of(edge, kind) || tries == kTriesMax) continue;
        ++tries;
        const auto way = find_way(seen_, components_, edge.to, edge.from);
        if (way) return {level_.one_unseen, *way};
      }
    }
    const auto way = find_way(all_, components_, inside[0].to, inside[0].from);
    return {level_.more_unseen, way.value_or(std::vector<u32>{inside[0].from, inside[0].to})};
  }

 private:
  const Level& level_;
  const Graph& all_;
  Graph seen_;  // Without the edges ReadWrite.
  const Components& components_;
};

}  // namespace

std::vector<Cycle> find_cycles(u32 nodes, std::span<const Edge> edges) {
  constexpr usize kCyclesMax = 10;
  const Graph whole(nodes, edges, kWw | kWr | kRw | kRt);
  if (!Components(whole).any_cycle()) return {};
  for (const Level& level : kLevels) {
    const Graph graph(nodes, edges, level.kinds);
    const Components components(graph);
    std::vector<std::vector<Edge>> inside;  // By component; only of those with more than one node.
    std::vector<u32> place;
    for (const Edge& edge : edges) {
      const u32 component = components.of(edge.from);
      if (!is_of(edge, level.kinds) || component != components.of(edge.to)) continue;
      if (components.size(component) < 2) continue;
      auto found = std::find(place.begin(), place.end(), component);
      if (found == place.end()) {
        if (place.size() == kCyclesMax) continue;
        place.push_back(component);
        inside.emplace_back();
        found = place.end() - 1;
      }
      inside[static_cast<usize>(found - place.begin())].push_back(edge);
    }
    if (inside.empty()) continue;
    const Namer namer(level, graph, components, edges);
    std::vector<Cycle> cycles;
    for (const std::vector<Edge>& component : inside) cycles.push_back(namer.name(component));
    return cycles;
  }
  return {};
}

}  // namespace florin::test
