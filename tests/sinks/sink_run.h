// A sink at work on a ledger's changes, as the server has it at work, on a thread that calls.
#pragma once

#include <functional>
#include <optional>

#include "base/clock.h"
#include "exporter/sink_driver.h"
#include "tests/exporter/made_changes.h"

namespace florin::test {

inline constexpr u128 kSinkLedgerId = make_u128(0x0123456789abcdef, 77);

class SinkRun {
 public:
  SinkRun(exporter::Sink& sink, MemoryStore& store, exporter::ChangeFilter filter = {});

  // Until everything is committed; false when it is not within a minute. `between` is called after
  // every step.
  bool deliver_all(const std::function<void()>& between = {});
  // So many steps, or until everything is committed.
  void steps(u32 count);
  // Until an attempt failed; its message, or empty when none fails within a minute.
  std::string await_failure();
  // What was committed ends at or behind this place.
  history::Place committed() const { return driver_.status().committed; }
  u64 failures() const { return driver_.status().failures; }
  u64 dead_letters() const { return driver_.status().dead_letters; }

 private:
  bool step();
  static exporter::SinkDriverOptions options(exporter::ChangeFilter filter,
                                             const ScratchDirectory& scratch);

  ScratchDirectory scratch_;
  MemoryStore& store_;
  SystemClock clock_;
  exporter::SinkDriver driver_;
};

}  // namespace florin::test
