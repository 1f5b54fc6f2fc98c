// Alerts at work as a server has them: a store with made changes, a driver, the sink, and targets
// that keep what they get.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/alert_sink.h"
#include "exporter/sink_driver.h"
#include "tests/exporter/made_changes.h"
#include "tests/support/manual_clock.h"

namespace florin::test {

// What a target got; outlives the targets that fill it.
struct Inbox {
  std::vector<std::string> ids;     // In order.
  std::vector<std::string> bodies;  // The same.
  std::optional<Error> error;       // What it answers, when it does not take anything.
  std::string refused_id;           // Refused when it comes first.
};

class InboxTarget final : public sinks::MessageTarget {
 public:
  explicit InboxTarget(Inbox& inbox) : inbox_(inbox) {}
  Status send(std::span<const sinks::Message> messages) override;

 private:
  Inbox& inbox_;
};

struct AlertWorld {
  explicit AlertWorld(u64 seed);

  // Two rules: "large" for the sinks "ops" and "audit", "new" for "ops".
  static alerts::AlertSettings two_rules();

  // What a sink of this name is; an InboxTarget unless a test says otherwise.
  std::function<std::unique_ptr<sinks::MessageTarget>(const std::string&)> make_target;
  // (Re)starts driver and sink, as a process would.
  void start();
  // Steps driver and senders in turn; time passes, by a second a round.
  void run(u32 rounds = 20);
  void pass(u64 ns);
  // Ids that the rules tell of everything in the store, by sink, in order.
  std::vector<std::string> expected(const std::string& sink);
  u64 events_of(exporter::SinkEvent::Kind kind, const std::string& sink) const;

  ScratchDirectory scratch;
  MemoryStore store;
  MadeChanges made;
  ManualClock clock;
  std::map<std::string, Inbox> inboxes;  // By sink.
  std::vector<std::string> sink_names{"ops", "audit"};
  alerts::AlertSinkOptions options;
  exporter::SinkDriverOptions driver_options;
  std::vector<exporter::SinkEvent> events;
  std::unique_ptr<alerts::AlertSink> sink;
  std::unique_ptr<exporter::SinkDriver> driver;
};

}  // namespace florin::test
