#include "tests/engine/compared_ledgers.h"

#include <fmt/format.h>

#include "base/int128.h"
#include "tests/support/answers.h"

namespace florin::test {

namespace {

std::string text(const ledger::Transfer& event) {
  return fmt::format("transfer {} {} -> {} amount {} flags {:#x} names {} timeout {} at {}",
                     to_decimal(event.id), to_decimal(event.debit_account_id),
                     to_decimal(event.credit_account_id), to_decimal(event.amount), event.flags,
                     to_decimal(event.pending_id), event.timeout, event.timestamp);
}

std::string text(const ledger::Account& event) {
  return fmt::format("account {} flags {:#x} at {}", to_decimal(event.id), event.flags,
                     event.timestamp);
}

std::string text(const ledger::AccountUpdate& event) {
  return fmt::format("update {} of {} changes {:#x}", to_decimal(event.id),
                     to_decimal(event.account_id), event.changes);
}

template <class Event>
std::string lines(std::span<const Event> events) {
  std::string result;
  for (const Event& event : events) result += "\n  " + text(event);
  return result;
}

std::string text(const ledger::Request& request) {
  using enum ledger::Operation;
  std::string result = fmt::format("{}{} decided at {}", request.dry_run ? "dry run of " : "",
                                   name(request.operation), request.timestamp.ns);
  if (request.operation == CreateTransfers) result += lines(request.transfer_events());
  if (request.operation == CreateAccounts) result += lines(request.account_events());
  if (request.operation == UpdateAccounts) result += lines(request.update_events());
  return result;
}

}  // namespace

ComparedLedgers::ComparedLedgers(const Limits& limits, const std::vector<Way>& ways, u64 seed) {
  for (const Way& way : ways) {
    engines_.push_back(std::make_unique<StagedEngine>(limits, way.partitions, way.mode, ++seed));
  }
}

void ComparedLedgers::ask(OwnedRequest asked, u64 first_timestamp) {
  asked_.push_back({std::move(asked), {}});
  Asked& pair = asked_.back();
  ledger::Request& expected = pair.expected.request();
  reference_.apply(expected, Timestamp{first_timestamp});
  pair.actual.reserve(engines_.size());
  for (const auto& engine : engines_) {
    pair.actual.push_back(pair.expected.ask_again());
    ledger::Request& actual = pair.actual.back().request();
    actual.position = expected.position;
    actual.timestamp = expected.timestamp;
    engine->run(actual, expected.timestamp.ns);
  }
}

std::string ComparedLedgers::compare() {
  for (const auto& engine : engines_) engine->drain();
  std::string found = compare_answers();
  asked_.clear();
  for (usize place = 0; place < engines_.size() && found.empty(); ++place) {
    const Status verified = engines_[place]->engine().verify();
    if (!verified) found = fmt::format("engine {}: {}", place, verified.error().message);
  }
  reference_.check_invariants();
  return found;
}

std::string ComparedLedgers::compare_answers() const {
  for (const Asked& pair : asked_) {
    for (usize place = 0; place < pair.actual.size(); ++place) {
      const std::string found = difference(pair.expected.request(), pair.actual[place].request());
      if (found.empty()) continue;
      return fmt::format("engine {}: {}\nasked: {}", place, found, text(pair.expected.request()));
    }
  }
  return "";
}

}  // namespace florin::test
