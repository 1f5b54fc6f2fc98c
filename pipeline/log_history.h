// The chain hashes of the log at recent positions: who remembers one from outside is a witness of
// what was durable then.
#pragma once

#include <atomic>
#include <memory>
#include <span>

#include "base/types.h"

namespace florin::pipeline {

// Where a durable block ended, and the hash of everything up to there.
struct ChainPoint {
  Position position;
  u128 chain = 0;  // 0 at the beginning of a log.
  friend bool operator==(const ChainPoint&, const ChainPoint&) = default;
};

// What becomes of a witness.
enum class WitnessFinding : u8 {
  Agrees,
  Unknown,  // Older than what is kept: the log is not behind it, and that is all there is to say.
  Behind,   // The log ends before: something that was durable is gone.
  Differs,  // The log was another at that position.
};

// One thread adds, any thread asks; without locks.
class LogHistory {
 public:
  static constexpr u64 kPointsMax = 65'536;

  LogHistory();

  // Before anybody asks: replaces everything. Points in the order of the log, the newest last; more
  // than are kept may be given.
  void restart(std::span<const ChainPoint> points);
  void add(ChainPoint point);

  // The newest point.
  ChainPoint newest() const;
  WitnessFinding check(ChainPoint witness) const;

 private:
  struct Entry {
    std::atomic<u64> position{0};
    std::atomic<u64> chain_low{0};
    std::atomic<u64> chain_high{0};
  };

  // The point with this number. False: it was overwritten meanwhile.
  bool read(u64 number, ChainPoint& point) const;
  bool try_check(ChainPoint witness, WitnessFinding& finding) const;

  std::unique_ptr<Entry[]> entries_;
  // Points are numbered from 0 as they come. Those below `begun_` - kPointsMax are overwritten, or
  // are about to be; those below `count_` can be read.
  std::atomic<u64> begun_{0};
  std::atomic<u64> count_{0};
};

}  // namespace florin::pipeline
