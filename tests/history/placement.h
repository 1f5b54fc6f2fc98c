// The one order of all writes of a history, as positions and timestamps tell it: those that were
// answered, and between them those that were cut off and turn out to have happened.
#pragma once

#include <set>
#include <unordered_map>
#include <vector>

#include "tests/history/history.h"

namespace florin::test {

struct U128Hash {
  usize operator()(u128 value) const {
    return low_half(value) * 0x9e3779b97f4a7c15 ^ high_half(value);
  }
};

// Between two answered writes, some positions may belong to ticks of the ledger, which leave no
// other trace. Of a write that was cut off it is then known only between which places it stands.
struct PlacedWrite {
  const Call* call = nullptr;
  u64 before = 0;     // The position before its first event, at least.
  u64 slack = 0;      // So much later at most: ticks of the same gap that may stand before it.
  u64 timestamp = 0;  // Of its first event.
  u64 after() const { return before + call->asked.request().event_count; }
};

struct Placement {
  std::vector<PlacedWrite> writes;        // In their order.
  std::vector<const Call*> not_happened;  // Cut off, and nothing of them is there.
  std::vector<Violation> violations;
};

Placement place_writes(const History& history);

// When the ids of one kind were created, by the final reads. Imported objects are not known.
struct FinalTimes {
  std::unordered_map<u128, u64, U128Hash> accounts;
  std::unordered_map<u128, u64, U128Hash> transfers;
  std::unordered_map<u128, u64, U128Hash> updates;
};

FinalTimes final_times(const History& history);

}  // namespace florin::test
