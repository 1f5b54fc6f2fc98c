// What a downstream system is to the exporter. A sink keeps its own place together with its data,
// so that each change has its effect exactly once, whatever fails in between.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/types.h"
#include "exporter/change_page.h"
#include "history/change.h"

namespace florin::exporter {

// How far a call of `deliver` came.
struct Delivery {
  usize taken = 0;  // Changes, from the first asked for on.
  // The change after those is one that the sink can never take, for this reason: it is put aside.
  std::optional<Error> rejected;
};

// Where a sink's data ends. The driver compares it with the ledger when it takes up again: a sink
// that has changes which the ledger does not have belongs to another one.
struct SinkStand {
  history::Place next;  // Behind the last change that was delivered or passed over; {}: none was.
  history::Place last;  // The change right before `next`, delivered or passed over, and ...
  u64 last_logged_at = 0;  // ... when its event was logged, nanoseconds; 0: nothing was.
  friend bool operator==(const SinkStand&, const SinkStand&) = default;
};

// Belongs to the thread of its driver.
class Sink {
 public:
  virtual ~Sink() = default;

  // Takes up where its data ends, throwing away what is beyond its durable place, and returns that
  // place. Called at the beginning, and again after an error.
  virtual Result<SinkStand> open() = 0;

  // Takes the changes of the page from `first` on. They need not be durable yet. An error means
  // that it may work later: nothing is known of what was taken since the last commit.
  virtual Result<Delivery> deliver(const ChangePage& page, usize first) = 0;

  // Makes what was taken durable, together with where it ends.
  virtual Status commit(const SinkStand& stand) = 0;

  // Everything up to now was delivered and committed, and time has passed: for sinks that close
  // something at an hour or day. Wall clock.
  virtual Status rest(Timestamp now) = 0;
};

}  // namespace florin::exporter
