// What is fuzzed. A target takes any bytes and either does what must be done with them, or says no:
// it aborts when neither is the case. The same targets run under libFuzzer (the preset `asan`) and,
// over their seeds and random changes of them, as ordinary tests.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace florin::test {

using Bytes = std::vector<std::byte>;

// What a target did with an input.
enum class FuzzVerdict : u8 { Taken, Refused };

struct FuzzTarget {
  std::string_view name;
  FuzzVerdict (*run)(std::span<const std::byte> input);
  // Inputs that lead far inside, made by the program itself.
  std::vector<Bytes> (*seeds)();
  // Makes checksums and lengths right again, so that a change gets behind them; null = there are
  // none.
  void (*repair)(Bytes& input);
  u64 bytes_max;       // Of an input that is worth trying.
  u64 mutations;       // In an ordinary test run.
  u64 cpu_micros_max;  // One input must not cost more than this, without sanitizers.
};

extern const FuzzTarget kFramesTarget;
extern const FuzzTarget kRequestsTarget;
extern const FuzzTarget kQuestionsTarget;
extern const FuzzTarget kRepliesTarget;
extern const FuzzTarget kJsonTarget;
extern const FuzzTarget kTypedTarget;
extern const FuzzTarget kLogTarget;
extern const FuzzTarget kRecoveryTarget;

std::span<const FuzzTarget* const> fuzz_targets();

// Runs the target; aborts when it took too long. What the target makes once, for its first input,
// must have been made: run it with no input before.
FuzzVerdict run_timed(const FuzzTarget& target, std::span<const std::byte> input);

// Takes an input apart, from its beginning; what is not there is zero.
class InputReader {
 public:
  explicit InputReader(std::span<const std::byte> input) : rest_(input) {}

  template <class Value>
  Value take() {
    Value value{};
    take_into(std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  // At most so many bytes.
  std::span<const std::byte> take_bytes(usize bytes) {
    const auto taken = rest_.first(bytes < rest_.size() ? bytes : rest_.size());
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::span<const std::byte> rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  void take_into(std::span<std::byte> target);

  std::span<const std::byte> rest_;
};

Bytes bytes_of(std::string_view text);
// Appends a value as InputReader takes it.
template <class Value>
void put(Bytes& bytes, const Value& value) {
  const auto added = std::as_bytes(std::span(&value, 1));
  bytes.insert(bytes.end(), added.begin(), added.end());
}

}  // namespace florin::test
