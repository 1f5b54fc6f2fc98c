// Keeps the marks current while the log rests. A part of the writer, on its thread.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/types.h"
#include "storage/aligned_buffer.h"
#include "storage/storage.h"
#include "wal/format.h"
#include "wal/marks.h"

namespace florin::wal {

// Tokens with this bit belong to the marks.
inline constexpr u64 kMarkToken = u64{1} << 62;
// How long the log rests before it is marked. While blocks come, each vouches for those before it.
inline constexpr u64 kMarkAfterNs = 2'000'000;

class MarkWriter {
 public:
  MarkWriter(storage::Storage& storage, Clock& clock, const std::string& directory, u128 log_id);
  ~MarkWriter();
  MarkWriter(const MarkWriter&) = delete;
  MarkWriter& operator=(const MarkWriter&) = delete;

  // Makes both marks name `end`, which is on stable storage, and makes the file first if there is
  // none. Waits until they are durable. Nothing may be in flight in the storage.
  Status open(const LogEnd& end);

  // A block was appended: the log does not rest.
  void log_moves() { resting_since_ns_.reset(); }
  // All of the log up to `end` is durable. Starts a write when one is due; returns how many.
  usize advance(const LogEnd& end, bool at_once);
  // When `advance` wants to be called again while the log rests; ~0 = when a write completes.
  u64 sleep_ns_max(u64 durable_sequence) const;
  // For each completion whose token has kMarkToken.
  Status complete(const storage::Completion& completion);

  // Both marks name this block, durably.
  bool current(u64 durable_sequence) const {
    return marked_[0] == durable_sequence && marked_[1] == durable_sequence;
  }
  bool idle() const { return !in_flight_; }

 private:
  Status open_file(const LogEnd& end);
  void store(const LogEnd& end);
  std::span<const std::byte> image() const { return image_.span(); }

  storage::Storage& storage_;
  Clock& clock_;
  std::string directory_;
  u128 log_id_;
  storage::File file_;
  storage::AlignedBuffer image_;  // Of the mark that is being written.
  u64 count_ = 0;                 // Of marks, so far.
  usize sector_ = 0;              // Of the next mark: in turns, so that one is always whole.
  std::array<u64, kMarkSectors> marked_{};  // Sequences that the sectors name.
  u64 sequence_in_flight_ = 0;
  bool in_flight_ = false;
  std::optional<u64> resting_since_ns_;  // Monotonic.
};

}  // namespace florin::wal
