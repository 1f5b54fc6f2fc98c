#include "alerts/alert_sink.h"

#include <algorithm>

#include <fmt/format.h>

#include "alerts/alert_message.h"
#include "alerts/rule_memory.h"
#include "base/int128.h"
#include "exporter/durable_file.h"

namespace florin::alerts {

namespace {

// How often what rules remember is written when little happens.
constexpr u64 kMemoryRestNs = 60 * kNsPerSecond;

AlertSenderOptions sender_options(const AlertSinkOptions& options, const std::string& name) {
  AlertSenderOptions sender;
  sender.name = name;
  sender.dead_letter_directory = options.directory + "/dead-letters";
  sender.messages_max = options.messages_max;
  sender.back_off = options.back_off;
  return sender;
}

}  // namespace

AlertSink::Outgoing::Outgoing(const AlertSinkOptions& options, NamedTarget named, Clock& clock,
                              Random random, exporter::SinkListener listener)
    : name(std::move(named.name)),
      target(std::move(named.target)),
      outbox(options.directory + "/outbox-" + name),
      sender(sender_options(options, name), outbox, *target, clock, random, std::move(listener)) {}

AlertSink::AlertSink(AlertSinkOptions options, std::vector<NamedTarget> targets, Clock& clock,
                     Random random, exporter::SinkListener listener)
    : options_(std::move(options)), clock_(clock), made_ns_(clock.wall_time().ns), random_(random) {
  for (NamedTarget& target : targets) {
    outgoing_.push_back(std::make_unique<Outgoing>(options_, std::move(target), clock_,
                                                   Random(random_.next()), listener));
  }
}

std::vector<AlertSender*> AlertSink::senders() {
  std::vector<AlertSender*> senders;
  for (const auto& outgoing : outgoing_) senders.push_back(&outgoing->sender);
  return senders;
}

AlertStatus AlertSink::status() const {
  // Figures for people: each is right, and they need not be of one moment.
  return {told_.load(std::memory_order_relaxed), ignored_.load(std::memory_order_relaxed)};
}

Status AlertSink::find_targets() {
  targets_of_.clear();
  for (const Rule& rule : options_.settings.rules) {
    std::vector<usize>& targets = targets_of_.emplace_back();
    for (const std::string& name : rule.sinks) {
      const auto found = std::ranges::find_if(
          outgoing_, [&](const auto& outgoing) { return outgoing->name == name; });
      if (found == outgoing_.end()) {
        return fail(ErrorCode::InvalidArgument, "alert '" + rule.name + "' is for the sink '" +
                                                    name + "', which takes no alerts");
      }
      (*found)->is_named = true;
      targets.push_back(static_cast<usize>(found - outgoing_.begin()));
    }
  }
  return {};
}

Result<exporter::SinkStand> AlertSink::open() {
  RETURN_IF_ERROR(find_targets());
  RETURN_IF_ERROR(exporter::make_directories(options_.directory));
  auto known = read_alert_stand(options_.directory);
  if (!known) return tl::unexpected<Error>(std::move(known).error());
  RETURN_IF_ERROR(take_up(std::move(*known)));
  const auto next = load_states();
  if (!next) return tl::unexpected<Error>(next.error());
  taken_ = *next;
  uncommitted_bytes_ = 0;
  changes_since_memory_ = 0;
  exporter::SinkStand stand = stand_.stand;
  stand.next = taken_;
  return stand;
}

// Finds where rules and outboxes are, and makes durable since when new rules are told.
Status AlertSink::take_up(std::optional<AlertStand> known) {
  AlertStand stand = known.value_or(AlertStand{});
  if (known && known->ledger_id != options_.ledger_id) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{} has the alerts of ledger {}, and this is ledger {}; name another "
                            "directory",
                            options_.directory, to_decimal(known->ledger_id),
                            to_decimal(options_.ledger_id)));
  }
  stand.ledger_id = options_.ledger_id;
  stand.rules.clear();
  for (const Rule& rule : options_.settings.rules) stand.rules.push_back(stand_of(rule, known));
  for (const auto& outgoing : outgoing_) {
    const bool is_known = std::ranges::any_of(
        stand.outboxes, [&](const OutboxStand& outbox) { return outbox.name == outgoing->name; });
    if (!is_known) stand.outboxes.push_back({outgoing->name, 0});
  }
  if (!known || stand != *known) RETURN_IF_ERROR(write_alert_stand(options_.directory, stand));
  stand_ = std::move(stand);
  for (const auto& outgoing : outgoing_) {
    RETURN_IF_ERROR(outgoing->outbox.open(end_of(outgoing->name)));
  }
  return {};
}

u64 AlertSink::end_of(const std::string& outbox) const {
  return std::ranges::find_if(stand_.outboxes,
                              [&](const OutboxStand& stand) { return stand.name == outbox; })
      ->end;
}

RuleStand AlertSink::stand_of(const Rule& rule, const std::optional<AlertStand>& known) const {
  RuleStand stand{rule.name, definition(rule), 0, {}};
  if (known) {
    for (const RuleStand& before : known->rules) {
      if (before.name == stand.name && before.definition == stand.definition) return before;
    }
  }
  stand.since_ns = rule.since_ns.value_or(made_ns_);
  return stand;
}

void AlertSink::make_states() {
  const std::vector<Rule>& rules = options_.settings.rules;
  states_.clear();
  states_.reserve(rules.size());
  const engine::HashSeed seed{random_.next(), random_.next()};
  for (usize rule = 0; rule < rules.size(); ++rule) {
    states_.emplace_back(rules[rule], static_cast<u32>(rule), seed);
  }
}

// Memory from beyond the stand is of another time, and of no use.
Result<history::Place> AlertSink::load_states() {
  make_states();
  const auto next = read_rule_memory(options_.directory, options_.ledger_id, stand_.rules, states_);
  if (!next) return tl::unexpected<Error>(next.error());
  if (*next && **next <= stand_.stand.next) return **next;
  make_states();
  return history::Place{};
}

Result<exporter::Delivery> AlertSink::deliver(const exporter::ChangePage& page, usize first) {
  RETURN_IF_ERROR(check_room());
  const auto begin = static_cast<u32>(first);
  const auto end = static_cast<u32>(page.events.size());
  u32 event = begin;
  while (event < end && uncommitted_bytes_ < options_.uncommitted_bytes_max) {
    const u32 behind = std::min(end, event + kChangesTogether);
    found_.clear();
    find_alerts(states_, page, event, behind, found_);
    for (const Finding& finding : found_) RETURN_IF_ERROR(tell(finding, page));
    event = behind;
  }
  changes_since_memory_ += event - begin;
  if (uncommitted_bytes_ >= options_.uncommitted_bytes_max) {
    const ledger::ChangeEvent& last = page.events[event - 1];
    RETURN_IF_ERROR(
        commit({exporter::place_after(last), exporter::place_of(last), last.timestamp}));
  }
  return exporter::Delivery{event - begin, {}};
}

// Nothing is appended to a full outbox. Beyond its size it can have what one commit brings.
Status AlertSink::check_room() {
  const u64 now = clock_.monotonic_ns();
  for (const auto& outgoing : outgoing_) {
    const u64 unsent = outgoing->outbox.unsent_bytes();
    if (!outgoing->is_named || unsent < options_.settings.outbox_bytes_max) {
      outgoing->full_since_ns = 0;
      outgoing->overflows = false;
      continue;
    }
    if (outgoing->full_since_ns == 0) outgoing->full_since_ns = now;
    outgoing->overflows = now - outgoing->full_since_ns >= options_.full_wait_ns;
    if (outgoing->overflows) continue;
    return fail(ErrorCode::Capacity,
                fmt::format("the outbox of '{}' is full: {} bytes wait to be sent, of {}; alerts "
                            "wait until it takes some, or for {} s, and go without it then",
                            outgoing->name, unsent, options_.settings.outbox_bytes_max,
                            options_.full_wait_ns / kNsPerSecond));
  }
  return {};
}

Status AlertSink::tell(const Finding& finding, const exporter::ChangePage& page) {
  const ledger::ChangeEvent& event = page.events[finding.event];
  const RuleStand& rule = stand_.rules[finding.rule];
  if (exporter::place_of(event) < rule.through) return {};
  const u64 too_old = options_.settings.ignore_older_than_ns;
  const u64 now = clock_.wall_time().ns;
  const bool is_old = event.timestamp < rule.since_ns ||
                      (too_old != 0 && now > too_old && event.timestamp < now - too_old);
  (is_old ? ignored_ : told_).fetch_add(1, std::memory_order_relaxed);
  if (is_old) return {};
  const sinks::Message message =
      make_message(options_.settings.rules[finding.rule], finding, page, options_.settings.names);
  for (const usize index : targets_of_[finding.rule]) {
    Outgoing& outgoing = *outgoing_[index];
    if (outgoing.overflows) {
      RETURN_IF_ERROR(outgoing.sender.put_aside(
          message, Error{ErrorCode::Capacity, "the outbox was full for too long"}));
    } else {
      RETURN_IF_ERROR(outgoing.outbox.append(message));
      uncommitted_bytes_ += message.body.size();
    }
  }
  return {};
}

Status AlertSink::commit(const exporter::SinkStand& stand) {
  for (const auto& outgoing : outgoing_) RETURN_IF_ERROR(outgoing->outbox.sync());
  AlertStand next = stand_;
  if (stand.next > next.stand.next) next.stand = stand;
  for (RuleStand& rule : next.rules) rule.through = std::max(rule.through, stand.next);
  for (OutboxStand& outbox : next.outboxes) {
    for (const auto& outgoing : outgoing_) {
      if (outgoing->name == outbox.name) outbox.end = outgoing->outbox.end();
    }
  }
  if (next != stand_) RETURN_IF_ERROR(write_alert_stand(options_.directory, next));
  stand_ = std::move(next);
  for (const auto& outgoing : outgoing_) outgoing->outbox.publish();
  uncommitted_bytes_ = 0;
  taken_ = stand.next;
  if (changes_since_memory_ < std::max(options_.memory_changes_min, entries())) return {};
  return save_memory();
}

Status AlertSink::save_memory() {
  RETURN_IF_ERROR(
      write_rule_memory(options_.directory, options_.ledger_id, taken_, stand_.rules, states_));
  changes_since_memory_ = 0;
  memory_written_ns_ = clock_.wall_time().ns;
  return {};
}

u64 AlertSink::entries() const {
  u64 entries = 0;
  for (const RuleState& state : states_) entries += state.tracked();
  return entries;
}

Status AlertSink::rest(Timestamp now) {
  const bool is_due = now.ns < memory_written_ns_ || now.ns - memory_written_ns_ >= kMemoryRestNs;
  if (changes_since_memory_ == 0 || !is_due) return {};
  return save_memory();
}

}  // namespace florin::alerts
