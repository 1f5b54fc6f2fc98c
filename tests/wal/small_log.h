// A small log at rest, whole and known, for tests that damage it.
#pragma once

#include <string>
#include <vector>

#include "tests/support/test_size.h"
#include "tests/wal/log_of_test.h"

namespace florin::wal::test {

inline constexpr u64 kSmallSegmentBytes = 16 * kKiB;

struct SmallLog {
  DiskImage image;
  LogEnd from;                       // Of the snapshot that it is read behind.
  std::vector<Said> blocks;          // Behind it.
  std::vector<BlockHeader> headers;  // Of these.
  std::vector<DiskImage> earlier;    // The disk after each of them, at rest.

  u64 bytes() const;
};

// Read from its beginning: a restart, several segments, and one that is ready and was never used.
SmallLog plain_log();
// Read behind a snapshot: the segments in use, and the one that is ready, were used before, and
// hold blocks of that time; one that is not needed is still there.
SmallLog recycled_log();

enum class Outcome : u8 {
  Same,     // All of it was read.
  Refused,  // With an error that says why.
  Newest,   // Only the newest block was silently lost, ...
  Earlier,  // ... or others too.
  Invented  // A block was read that was never written.
};

// Reads what is on the disk and compares it with what was written.
Outcome outcome_of(storage::Storage& disk, const SmallLog& log);
Outcome outcome_of(const DiskImage& image, const SmallLog& log);

struct Tally {
  u64 same = 0;
  u64 refused = 0;
  u64 newest = 0;
  u64 earlier = 0;
  u64 invented = 0;

  void count(Outcome outcome);
  u64 total() const { return same + refused + newest + earlier + invented; }
  u64 silent() const { return newest + earlier + invented; }
  void print(const char* what) const;
};

using florin::test::soak_factor;
// Of a program that is much slower than a release, by sanitizers or without optimisation, every
// so-manieth case is enough.
u64 damage_stride();

}  // namespace florin::wal::test
