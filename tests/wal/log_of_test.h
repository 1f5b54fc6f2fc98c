// A log on a simulated disk, with everything that was appended to it kept for comparison.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/aligned_buffer.h"
#include "tests/support/manual_clock.h"
#include "tests/support/sim_storage.h"
#include "wal/reader.h"
#include "wal/writer.h"

namespace florin::wal::test {

using florin::test::DiskImage;
using florin::test::ManualClock;
using florin::test::SimOperation;
using florin::test::SimOptions;
using florin::test::SimStorage;

inline constexpr const char* kDirectory = "/log";
inline constexpr u128 kLogId = make_u128(0x0123456789abcdef, 0xfedcba9876543210);
inline constexpr u32 kVersion = 7;

// What a block said.
struct Said {
  std::vector<std::byte> body;
  u64 event_count = 0;
  u64 timestamp = 0;
  friend bool operator==(const Said&, const Said&) = default;
};

struct ReadLog {
  std::vector<Said> blocks;
  std::vector<BlockHeader> headers;
  LogEnd end;
  TornTail torn_tail;
};

// A directory for the log, and options that fill segments quickly.
void make_directory(SimStorage& disk);
WriterOptions small_options(u64 segment_bytes = 32 * kKiB);

// Reads to the end, from the beginning or from behind `from`. Checks what must always hold:
// sequences without gaps, positions that add up.
Result<ReadLog> read_log(storage::Storage& disk, const LogEnd& from = {});

std::string segment_path_of_test(u64 segment);
std::string marks_path_of_test();

// Puts a mark that names this block into both sectors, whatever is there.
void set_marks(DiskImage& image, const Mark& mark);
// The same, naming nothing: a log without marks, as far as its rules go.
void blank_marks(DiskImage& image);

// A writer with its images.
class LogOfTest {
 public:
  // Goes on after `before`, which the log holds already.
  static Result<std::unique_ptr<LogOfTest>> open(SimStorage& disk, ManualClock& clock,
                                                 const WriterOptions& options,
                                                 const ReadLog& before = {});

  // Polls until the block can be appended; the body is made from `salt`. An error of the log stops
  // it and is returned by `failure`.
  void append(u64 body_bytes, u64 salt, u64 event_count = 1);
  void append_now(u64 body_bytes, u64 salt, u64 event_count = 1);
  // Polls until everything is durable and nothing is prepared, or the log fails.
  void settle();
  // The same, and time passes until the end of the log is marked.
  void rest();
  void poll();

  Writer& writer() { return *writer_; }
  const std::optional<Error>& failure() const { return failure_; }
  // Everything in the log, in order, whether durable or not.
  const std::vector<Said>& said() const { return said_; }

 private:
  ManualClock* clock_ = nullptr;
  std::unique_ptr<Writer> writer_;
  std::vector<Said> said_;
  Position position_;
  std::deque<storage::AlignedBuffer> images_;
  std::optional<Error> failure_;
};

}  // namespace florin::wal::test
