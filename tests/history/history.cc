#include "tests/history/history.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/int128.h"

namespace florin::test {

std::string_view name(Anomaly anomaly) {
  switch (anomaly) {
    case Anomaly::DuplicatePosition: return "duplicate position";
    case Anomaly::PhantomPosition: return "phantom position";
    case Anomaly::UnplacedWrite: return "unplaced write";
    case Anomaly::TornRead: return "torn read";
    case Anomaly::TimestampOrder: return "timestamp order";
    case Anomaly::TimeTravel: return "time travel";
    case Anomaly::StaleRead: return "stale read";
    case Anomaly::ReadYourWrites: return "read your writes";
    case Anomaly::NonMonotonicReads: return "non-monotonic reads";
    case Anomaly::NonMonotonicWrites: return "non-monotonic writes";
    case Anomaly::WrongOutcome: return "wrong outcome";
    case Anomaly::WrongBalance: return "wrong balance";
    case Anomaly::WrongTotals: return "wrong totals";
    case Anomaly::WrongTransfer: return "wrong transfer";
    case Anomaly::WrongPage: return "wrong page";
    case Anomaly::LostWrite: return "lost write";
    case Anomaly::PhantomEffect: return "phantom effect";
    case Anomaly::RefusedEffect: return "effect of what was refused";
    case Anomaly::DuplicateEffect: return "duplicate effect";
    case Anomaly::LostUpdate: return "lost update";
    case Anomaly::IncompatibleOrder: return "incompatible order";
    case Anomaly::AbortedRead: return "aborted read (G1a)";
    case Anomaly::IntermediateRead: return "intermediate read (G1b)";
    case Anomaly::DirtyWrite: return "dirty write (G0)";
    case Anomaly::CircularInformation: return "circular information (G1c)";
    case Anomaly::ReadSkew: return "read skew (G-single)";
    case Anomaly::WriteSkew: return "write skew (G2)";
    case Anomaly::DirtyWriteInTime: return "dirty write in time (G0-realtime)";
    case Anomaly::CircularInformationInTime: return "circular information in time (G1c-realtime)";
    case Anomaly::ReadSkewInTime: return "read skew in time (G-single-realtime)";
    case Anomaly::WriteSkewInTime: return "write skew in time (G2-realtime)";
  }
  return "?";
}

std::string text(const std::vector<Violation>& violations) {
  constexpr usize kShown = 5;
  std::string lines;
  for (const Violation& violation :
       std::span(violations).first(std::min(violations.size(), kShown))) {
    lines += fmt::format("{}: {}\n", name(violation.anomaly), violation.message);
  }
  if (violations.size() > kShown) lines += fmt::format("and {} more\n", violations.size() - kShown);
  return lines;
}

std::string describe(const Call& call) {
  const ledger::Request& request = call.asked.request();
  std::string asked = fmt::format("{} of {}", ledger::name(request.operation), request.event_count);
  const bool transfers = request.operation == ledger::Operation::CreateTransfers;
  if (transfers && request.event_count > 0) {
    asked += fmt::format(", first id {}", to_decimal(request.transfer_events()[0].id));
  }
  const std::string end = call.end == CallEnd::Answered
                              ? fmt::format("answered with position {}", request.position.value)
                          : call.end == CallEnd::Unknown ? std::string("cut off")
                                                         : std::string("not done");
  return fmt::format("{} (session {}, from {} to {} ns, {})", asked, call.session, call.invoked_ns,
                     call.completed_ns, end);
}

void view_question(const ledger::Request& asked, ledger::Request& view) {
  view.clear_answer();
  view.operation = asked.operation;
  view.event_count = asked.event_count;
  view.events = asked.events;
  view.conditions = asked.conditions;
  view.condition_count = asked.condition_count;
  view.dry_run = asked.dry_run;
  view.wants_balances = asked.wants_balances;
  view.trial_balance_filter = asked.trial_balance_filter;
  view.filter = asked.filter;
  view.trace_id = asked.trace_id;
  view.principal = asked.principal;
}

}  // namespace florin::test
