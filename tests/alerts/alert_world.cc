#include "tests/alerts/alert_world.h"

#include <gtest/gtest.h>

#include "alerts/alert_message.h"

namespace florin::test {

Status InboxTarget::send(std::span<const sinks::Message> messages) {
  if (inbox_.error) return tl::unexpected<Error>(*inbox_.error);
  for (const sinks::Message& message : messages) {
    if (message.id == inbox_.refused_id) {
      const bool is_first = &message == messages.data();
      return fail(is_first ? ErrorCode::Refused : ErrorCode::Io, "not this one");
    }
    inbox_.ids.push_back(message.id);
    inbox_.bodies.push_back(message.body);
  }
  return {};
}

AlertWorld::AlertWorld(u64 seed) : made(seed) {
  options.directory = scratch / "alerts";
  options.ledger_id = 99;
  options.settings = two_rules();
  driver_options.name = "alerts";
  driver_options.dead_letter_directory = scratch / "dead-letters";
  driver_options.page_changes_max = 17;
  clock.wall_ns = MadeChanges::kStartNs;
  make_target = [this](const std::string& name) {
    return std::make_unique<InboxTarget>(inboxes[name]);
  };
}

alerts::AlertSettings AlertWorld::two_rules() {
  alerts::AlertSettings settings;
  settings.outbox_bytes_max = 64 * kMiB;
  alerts::Rule large;
  large.name = "large";
  large.what = alerts::AmountAbove{800'000};
  large.sinks = {"ops", "audit"};
  alerts::Rule fresh;
  fresh.name = "new";
  fresh.what = alerts::NewCounterparty{0};
  fresh.tracked_max = 100'000;
  fresh.sinks = {"ops"};
  settings.rules = {large, fresh};
  return settings;
}

void AlertWorld::start() {
  driver.reset();
  sink.reset();
  std::vector<alerts::NamedTarget> targets;
  for (const std::string& name : sink_names) {
    targets.push_back({name, make_target(name)});
  }
  const auto listen = [this](const exporter::SinkEvent& event) { events.push_back(event); };
  sink = std::make_unique<alerts::AlertSink>(options, std::move(targets), clock, Random(3), listen);
  driver = std::make_unique<exporter::SinkDriver>(driver_options, *sink, store, clock, Random(4),
                                                  listen);
}

void AlertWorld::run(u32 rounds) {
  for (u32 round = 0; round < rounds; ++round) {
    for (u32 step = 0; step < 200 && driver->step() != 0; ++step) {
    }
    pass(kNsPerSecond);
    for (alerts::AlertSender* sender : sink->senders()) {
      for (u32 step = 0; step < 200 && sender->step() != 0; ++step) {
      }
    }
  }
}

void AlertWorld::pass(u64 ns) {
  clock.monotonic += ns;
  clock.wall_ns += ns;
}

std::vector<std::string> AlertWorld::expected(const std::string& name) {
  const exporter::ChangePage all = all_changes(store);
  const std::vector<alerts::Rule>& rules = options.settings.rules;
  std::vector<alerts::RuleState> states;
  states.reserve(rules.size());
  for (const alerts::Rule& rule : rules) {
    states.emplace_back(rule, static_cast<u32>(states.size()), engine::HashSeed{8, 9});
  }
  std::vector<std::string> ids;
  std::vector<alerts::Finding> found;
  for (u32 event = 0; event < all.events.size(); ++event) {
    found.clear();
    for (alerts::RuleState& state : states) state.take(all, event, found);
    for (const alerts::Finding& finding : found) {
      const alerts::Rule& rule = rules[finding.rule];
      if (std::ranges::count(rule.sinks, name) == 0) continue;
      ids.push_back(make_message(rule, finding, all, options.settings.names).id);
    }
  }
  return ids;
}

u64 AlertWorld::events_of(exporter::SinkEvent::Kind kind, const std::string& name) const {
  u64 count = 0;
  for (const exporter::SinkEvent& event : events) {
    count += event.kind == kind && event.sink == name ? 1 : 0;
  }
  return count;
}

}  // namespace florin::test
