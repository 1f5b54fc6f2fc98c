// Alerts: rules looked for in every change of the ledger, and messages sent to targets. Evaluation
// reads history, behind the ledger; the engine knows nothing of it.
//
// Each alert is durable in the outbox of its target before the place is committed that it was found
// at, and is sent only then: after a crash nothing is lost, and nothing is found twice that may
// have been sent. A target can still get a message twice, with the same id, when a crash comes
// between its answer and what says so. The crash story is that of `stand.json`
// (alerts/alert_stand.h): it is written after the outboxes are on stable storage, and what they
// have beyond it is cut off.
//
// A rule that is new, or was changed, is made to know the past: evaluation begins again with the
// first change ever, for all rules; what older rules find on the way is in the outboxes already.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "alerts/alert_sender.h"
#include "alerts/alert_stand.h"
#include "alerts/outbox.h"
#include "alerts/rule.h"
#include "alerts/rule_state.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/types.h"
#include "exporter/sink.h"
#include "sinks/message_target.h"

namespace florin::alerts {

// Where alerts go: the sink of this name, in rules and as the name of its outbox.
struct NamedTarget {
  std::string name;
  std::unique_ptr<sinks::MessageTarget> target;
};

struct AlertSinkOptions {
  std::string directory;  // Made if missing.
  u128 ledger_id = 0;
  AlertSettings settings;
  // A target whose outbox is full is waited for this long; then, as long as it is full, what it
  // should get becomes dead letters, so that the others go on.
  u64 full_wait_ns = 600'000'000'000;
  // So much is at most appended before a commit, beside what the driver asks for.
  u64 uncommitted_bytes_max = kMiB;
  // What rules remember is written after so many changes, and as many as there are entries.
  u64 memory_changes_min = 10'000;
  usize messages_max = 64;           // Sent together.
  history::BackOffOptions back_off;  // Of each target.
};

// Since the start of the process.
struct AlertStatus {
  u64 told = 0;     // Alerts, each once whatever the number of its targets.
  u64 ignored = 0;  // Found, and too old to be told.
};

// A rule that was never seen before is told from the moment on at which the sink was made.
//
// Its driver has no filter, and takes refused transfers too when a rule looks at them
// (wants_refusals): rules see every change, and take what their own filters want.
//
// Belongs to the thread of its driver, but for `status`; each sender belongs to one thread, and
// outlives neither the sink nor the clock.
class AlertSink final : public exporter::Sink {
 public:
  AlertSink(AlertSinkOptions options, std::vector<NamedTarget> targets, Clock& clock, Random random,
            exporter::SinkListener listener);

  // InvalidArgument: a rule names a target that there is none of, or the directory is another
  // ledger's.
  Result<exporter::SinkStand> open() override;
  // Capacity: an outbox is full.
  Result<exporter::Delivery> deliver(const exporter::ChangePage& page, usize first) override;
  Status commit(const exporter::SinkStand& stand) override;
  Status rest(Timestamp now) override;

  // One for each target, in their order. They wait until the sink was opened.
  std::vector<AlertSender*> senders();
  AlertStatus status() const;

 private:
  struct Outgoing {
    std::string name;
    std::unique_ptr<sinks::MessageTarget> target;
    Outbox outbox;
    AlertSender sender;
    bool is_named = false;  // By a rule.
    u64 full_since_ns = 0;  // Monotonic; 0: it is not.
    bool overflows = false;
    Outgoing(const AlertSinkOptions& options, NamedTarget named, Clock& clock, Random random,
             exporter::SinkListener listener);
  };

  Status find_targets();
  Status take_up(std::optional<AlertStand> known);
  RuleStand stand_of(const Rule& rule, const std::optional<AlertStand>& known) const;
  Result<history::Place> load_states();
  void make_states();
  Status check_room();
  Status tell(const Finding& finding, const exporter::ChangePage& page);
  Status save_memory();
  u64 entries() const;
  u64 end_of(const std::string& outbox) const;

  const AlertSinkOptions options_;
  Clock& clock_;
  const u64 made_ns_;  // Wall clock.
  Random random_;
  std::vector<std::unique_ptr<Outgoing>> outgoing_;
  std::vector<std::vector<usize>> targets_of_;  // By rule: indexes in outgoing_.
  std::vector<RuleState> states_;               // By rule.
  AlertStand stand_;                            // Durable.
  history::Place taken_;                        // Behind what the states took and was committed.
  std::vector<Finding> found_;
  u64 uncommitted_bytes_ = 0;
  u64 changes_since_memory_ = 0;
  u64 memory_written_ns_ = 0;  // Wall clock.
  std::atomic<u64> told_{0};
  std::atomic<u64> ignored_{0};
};

}  // namespace florin::alerts
