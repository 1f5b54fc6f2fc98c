#include "tests/history/placement.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace florin::test {

namespace {

using ledger::Operation;
using ledger::Request;

bool is_answered_write(const Call& call) {
  return call.end == CallEnd::Answered && call.asked.request().is_logged();
}

// The timestamp of a write's first event at the end, if that event is there.
std::optional<u64> time_of_first_event(const Request& request, const FinalTimes& times) {
  const auto find = [](const auto& by_id, u128 id) -> std::optional<u64> {
    const auto found = by_id.find(id);
    if (found == by_id.end()) return std::nullopt;
    return found->second;
  };
  switch (request.operation) {
    case Operation::CreateAccounts: return find(times.accounts, request.account_events()[0].id);
    case Operation::CreateTransfers: return find(times.transfers, request.transfer_events()[0].id);
    case Operation::UpdateAccounts: return find(times.updates, request.update_events()[0].id);
    case Operation::LookupAccounts:
    case Operation::LookupTransfers:
    case Operation::GetTrialBalance:
    case Operation::LookupLimits:
    case Operation::QueryAccounts:
    case Operation::QueryTransfers:
    case Operation::GetAccountChanges:
    case Operation::GetAccountTransfers:
    case Operation::GetAccountBalances:
    case Operation::GetBalanceAt:
    case Operation::GetChangeEvents:
    case Operation::GetStatement:
    case Operation::Tick: return std::nullopt;
  }
  return std::nullopt;
}

// Puts the cut-off writes [begin, end) into the gap between two positions.
void fill_gap(std::vector<PlacedWrite>& cut_off, usize begin, usize end, u64 gap_begin, u64 gap_end,
              Placement& placement) {
  u64 needed = 0;
  for (usize at = begin; at < end; ++at) needed += cut_off[at].call->asked.request().event_count;
  if (needed > gap_end - gap_begin) {
    placement.violations.push_back(
        {Anomaly::UnplacedWrite,
         fmt::format("{} events of writes that were cut off and happened lie between the positions "
                     "{} and {}; one of them is {}",
                     needed, gap_begin, gap_end, describe(*cut_off[begin].call))});
    return;
  }
  u64 position = gap_begin;
  for (usize at = begin; at < end; ++at) {
    cut_off[at].before = position;
    cut_off[at].slack = gap_end - gap_begin - needed;
    position = cut_off[at].after();
    placement.writes.push_back(cut_off[at]);
  }
}

void check_neighbours(const PlacedWrite& earlier, const PlacedWrite& later,
                      std::vector<Violation>& violations) {
  if (later.before < earlier.after()) {
    violations.push_back(
        {Anomaly::DuplicatePosition, describe(*earlier.call) + " and " + describe(*later.call)});
  } else if (later.timestamp < earlier.timestamp + earlier.call->asked.request().event_count) {
    violations.push_back(
        {Anomaly::TimestampOrder,
         fmt::format("{} is at {}, and behind it {} at {}", describe(*earlier.call),
                     earlier.timestamp, describe(*later.call), later.timestamp)});
  }
}

}  // namespace

FinalTimes final_times(const History& history) {
  FinalTimes times;
  for (const Call& call : history.calls) {
    if (!call.final_read || call.end != CallEnd::Answered) continue;
    const Request& request = call.asked.request();
    for (const ledger::Account& account : request.accounts) {
      if (account.id != 0) times.accounts.emplace(account.id, account.timestamp);
    }
    for (const ledger::Transfer& transfer : request.transfers) {
      if (transfer.id != 0) times.transfers.emplace(transfer.id, transfer.timestamp);
    }
    for (const ledger::AccountChange& change : request.changes) {
      times.updates.emplace(change.update.id, change.update.timestamp);
    }
  }
  return times;
}

Placement place_writes(const History& history) {
  Placement placement;
  const FinalTimes times = final_times(history);
  std::vector<PlacedWrite> answered;
  std::vector<PlacedWrite> cut_off;
  u64 end = 0;  // The last position that was told.
  for (const Call& call : history.calls) {
    const Request& request = call.asked.request();
    if (call.end == CallEnd::Answered) end = std::max(end, request.position.value);
    if (is_answered_write(call)) {
      answered.push_back({&call, position_before(request), 0, request.timestamp.ns});
    } else if (call.end == CallEnd::Unknown && request.is_logged()) {
      const std::optional<u64> time = time_of_first_event(request, times);
      if (time) cut_off.push_back({&call, 0, 0, *time});
      if (!time) placement.not_happened.push_back(&call);
    }
  }
  std::sort(
      answered.begin(), answered.end(),
      [](const PlacedWrite& left, const PlacedWrite& right) { return left.before < right.before; });
  std::sort(cut_off.begin(), cut_off.end(), [](const PlacedWrite& left, const PlacedWrite& right) {
    return left.timestamp < right.timestamp;
  });
  for (usize at = 1; at < answered.size(); ++at) {
    check_neighbours(answered[at - 1], answered[at], placement.violations);
  }
  if (!placement.violations.empty()) return placement;  // No order to go on with.

  usize next = 0;
  u64 position = 0;
  for (const PlacedWrite& write : answered) {
    const usize first = next;
    while (next < cut_off.size() && cut_off[next].timestamp < write.timestamp) ++next;
    if (next > first) fill_gap(cut_off, first, next, position, write.before, placement);
    placement.writes.push_back(write);
    position = write.after();
  }
  if (next < cut_off.size()) {
    fill_gap(cut_off, next, cut_off.size(), position, std::max(end, position), placement);
  }
  return placement;
}

}  // namespace florin::test
