// A past that stands in memory: plain maps of every transfer id that was ever decided, and of what
// became of it when. It is told by watching an engine run its blocks.
#pragma once

#include <mutex>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"

namespace florin::test {

// Any thread.
class MemoryPast final : public engine::Past {
 public:
  // What the engine has just decided in a block, all of which is posted, and nothing of which has
  // been retired; the block knows its position. It may be another engine than the one that asks,
  // and ahead of it: of events that are known already nothing is added.
  void watch(const engine::Engine& engine, const engine::Block& block);

  bool may_have(u128 id) const override;
  void find(std::span<const u128> ids, Position as_of,
            std::span<engine::PastTransfer> found) override;

  // Ids that were looked for and found, one by one.
  u64 hits() const;

 private:
  struct Change {
    u64 position;
    ledger::PendingStatus pending_status;  // None: it was reversed.
  };
  struct Entry {
    engine::PastTransfer decided;
    std::vector<Change> changes;  // Ascending.
  };
  struct Hasher {
    usize operator()(u128 id) const { return low_half(id) ^ high_half(id) * 31; }
  };

  void watch_item(const engine::Engine& engine, const engine::Block& block, u32 item, u64 position,
                  u8 state);
  void decide(u128 id, const engine::PastTransfer& decided);
  void change(u128 id, const Change& change);
  engine::PastTransfer find_one(u128 id, u64 as_of) const;

  mutable std::mutex mutex_;
  std::unordered_map<u128, Entry, Hasher> entries_;
  u64 created_ = 0;
  u64 consumed_ = 0;
  u64 end_ = 0;
  u64 hits_ = 0;
};

}  // namespace florin::test
