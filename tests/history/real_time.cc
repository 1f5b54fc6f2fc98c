#include "tests/history/real_time.h"

#include <algorithm>

namespace florin::test {

namespace {

// A call with its place in the order.
struct Event {
  const Call* call;
  u64 lowest;   // The earliest state that it may follow is this position: of a write, that before
                // its first event, at most; of a read, the one it shows.
  u64 highest;  // What it shows, or makes, at least.
  bool writes;
};

Anomaly name_of(const Event& earlier, const Event& later) {
  if (earlier.call->session == later.call->session) {
    if (later.writes) return Anomaly::NonMonotonicWrites;
    return earlier.writes ? Anomaly::ReadYourWrites : Anomaly::NonMonotonicReads;
  }
  return later.writes ? Anomaly::TimeTravel : Anomaly::StaleRead;
}

void report(const Event& earlier, const Event& later, std::vector<Violation>& violations) {
  violations.push_back({name_of(earlier, later),
                        describe(*later.call) + " does not follow " + describe(*earlier.call)});
}

std::vector<Event> events_of(const History& history, const Placement& placement) {
  std::vector<Event> events;
  for (const Call& call : history.calls) {
    const ledger::Request& request = call.asked.request();
    if (call.end != CallEnd::Answered || request.is_logged()) continue;
    events.push_back({&call, request.position.value, request.position.value, false});
  }
  for (const PlacedWrite& write : placement.writes) {
    events.push_back({write.call, write.before + write.slack, write.after(), true});
  }
  return events;
}

// Of all calls that completed before another was invoked, the one with the highest position speaks
// for the others.
void check_between_sessions(std::vector<Event> events, std::vector<Violation>& violations) {
  std::vector<Event> completed;
  for (const Event& event : events) {
    if (event.call->completed_ns != kNeverCompleted) completed.push_back(event);
  }
  std::sort(completed.begin(), completed.end(), [](const Event& left, const Event& right) {
    return left.call->completed_ns < right.call->completed_ns;
  });
  std::sort(events.begin(), events.end(), [](const Event& left, const Event& right) {
    return left.call->invoked_ns < right.call->invoked_ns;
  });
  usize next = 0;
  const Event* highest = nullptr;
  for (const Event& event : events) {
    for (; next < completed.size() && completed[next].call->completed_ns < event.call->invoked_ns;
         ++next) {
      if (highest == nullptr || completed[next].highest > highest->highest) {
        highest = &completed[next];
      }
    }
    if (highest != nullptr && event.lowest < highest->highest) report(*highest, event, violations);
  }
}

// The calls of one connection are ordered as they were sent, completed or not.
void check_within_sessions(std::vector<Event> events, std::vector<Violation>& violations) {
  std::stable_sort(events.begin(), events.end(), [](const Event& left, const Event& right) {
    return std::pair(left.call->session, left.call->invoked_ns) <
           std::pair(right.call->session, right.call->invoked_ns);
  });
  const Event* highest = nullptr;
  for (const Event& event : events) {
    if (highest != nullptr && highest->call->session != event.call->session) highest = nullptr;
    if (highest != nullptr && event.lowest < highest->highest) report(*highest, event, violations);
    if (highest == nullptr || event.highest > highest->highest) highest = &event;
  }
}

}  // namespace

void check_real_time(const History& history, const Placement& placement,
                     std::vector<Violation>& violations) {
  std::vector<Event> events = events_of(history, placement);
  check_within_sessions(events, violations);
  if (violations.empty()) check_between_sessions(std::move(events), violations);
}

}  // namespace florin::test
