#include "tests/support/reference_changes.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/int128.h"
#include "ledger/outcome.h"
#include "tests/support/owned_request.h"
#include "tests/support/reference_checks.h"

namespace florin::test {

using history::ConsumedId;
using history::OtherChange;
using history::TransferChange;
using ledger::ChangeKind;
using ledger::PendingStatus;
using ledger::Request;
using ledger::Transfer;
using ledger::TransferOutcome;

namespace {

enum : usize { kDebitsPending, kDebitsPosted, kCreditsPending, kCreditsPosted };

// The outcome of every event of the request.
std::vector<u32> outcomes_of(const Request& answered) {
  std::vector<u32> outcomes(answered.event_count, ledger::kCreated);
  for (const ledger::EventResult& result : answered.exceptions) {
    outcomes[result.index] = result.outcome;
  }
  return outcomes;
}

bool is_linked(const Request& answered, usize index) {
  static_assert(ledger::transfer_flags::kLinked == ledger::account_flags::kLinked);
  static_assert(ledger::transfer_flags::kLinked == ledger::AccountUpdate::kLinked);
  u16 flags = 0;
  if (answered.operation == ledger::Operation::CreateAccounts) {
    flags = answered.account_events()[index].flags;
  } else if (answered.operation == ledger::Operation::CreateTransfers) {
    flags = answered.transfer_events()[index].flags;
  } else if (answered.operation == ledger::Operation::UpdateAccounts) {
    flags = answered.update_events()[index].flags;
  }
  return has(flags, ledger::transfer_flags::kLinked);
}

// The events before which due holds expire: all, but for those of chains that come to nothing. Of
// these the first, if the chain was tried, and the last: what came due meanwhile.
std::vector<bool> expiring_events(const Request& answered, const std::vector<u32>& outcomes) {
  std::vector<bool> expires(answered.event_count, true);
  for (usize first = 0; first < expires.size();) {
    usize last = first;
    while (last + 1 < expires.size() && is_linked(answered, last)) ++last;
    const bool is_chain = is_linked(answered, first);
    if (is_chain && outcomes[first] != ledger::kCreated) {
      constexpr u32 kExists = static_cast<u32>(TransferOutcome::Exists);
      u32 exists = kExists;
      if (answered.operation == ledger::Operation::CreateAccounts) {
        exists = static_cast<u32>(ledger::AccountOutcome::Exists);
      } else if (answered.operation == ledger::Operation::UpdateAccounts) {
        exists = static_cast<u32>(ledger::UpdateOutcome::Exists);
      }
      bool repeated = true;
      for (usize index = first; index <= last; ++index) repeated &= outcomes[index] == exists;
      for (usize index = first; index < last; ++index) expires[index] = false;
      expires[first] = !repeated || first == last;
    }
    first = last + 1;
  }
  return expires;
}

std::vector<Transfer> stored_transfers(const Request& answered, ReferenceLedger& reference) {
  std::vector<u128> ids;
  for (const Transfer& event : answered.transfer_events()) ids.push_back(event.id);
  OwnedRequest lookup = OwnedRequest::lookup_transfers(ids);
  reference.apply(lookup.request(), Timestamp{});
  return lookup.request().transfers;
}

}  // namespace

void ReferenceChanges::follow(const Request& answered, ReferenceLedger& reference) {
  if (!answered.is_logged() || answered.refusal != ledger::RefusalCode::None) return;
  const std::vector<u32> outcomes = outcomes_of(answered);
  const std::vector<bool> expires = expiring_events(answered, outcomes);
  const bool transfers = answered.operation == ledger::Operation::CreateTransfers;
  std::vector<Transfer> stored;
  if (transfers) stored = stored_transfers(answered, reference);
  const u64 before = answered.position.value - answered.event_count;
  for (u32 index = 0; index < answered.event_count; ++index) {
    Turn turn{answered, before + index + 1, answered.timestamp.ns + index};
    const bool created = outcomes[index] == ledger::kCreated;
    if (expires[index]) expire_due(turn);
    if (transfers) {
      if (created) follow_transfer(turn, stored[index]);
      if (!created) refuse(turn, answered.transfer_events()[index], outcomes[index]);
    }
    if (!created) continue;
    if (answered.operation == ledger::Operation::CreateAccounts) {
      add_account(turn, answered.account_events()[index]);
    }
    if (answered.operation == ledger::Operation::UpdateAccounts) {
      add_update(turn, answered.update_events()[index]);
    }
  }
  end_.log.position = answered.position;
  end_.last_timestamp = answered.timestamp.ns + answered.event_count - 1;
  end_.log.timestamp = Timestamp{end_.last_timestamp};
  batch_.end = end_;
}

history::ChangeBatch ReferenceChanges::take() {
  history::ChangeBatch taken = std::move(batch_);
  batch_.clear();
  taken.end = end_;
  return taken;
}

TransferChange ReferenceChanges::begin_change(Turn& turn, ChangeKind kind,
                                              const Transfer& transfer) const {
  TransferChange change;
  change.transfer = transfer;
  change.place = {turn.position, turn.changes++};
  change.decided = turn.timestamp;
  change.kind = kind;
  if (kind == ChangeKind::TransferCreated) {
    change.trace_id = turn.request.trace_id;
    change.principal = turn.request.principal;
  }
  return change;
}

// By deadline, then by the timestamp of the hold.
void ReferenceChanges::expire_due(Turn& turn) {
  while (!deadlines_.empty() && deadlines_.begin()->first[0] <= turn.timestamp) {
    const Hold hold = holds_.at(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
    holds_.erase(hold.transfer.id);
    TransferChange change = begin_change(turn, ChangeKind::HoldExpired, hold.transfer);
    change.number = hold.number;
    change.released = hold.remaining;
    change.hold_status = PendingStatus::Expired;
    move(change);
  }
}

void ReferenceChanges::follow_transfer(Turn& turn, const Transfer& made) {
  TransferChange change = begin_change(turn, ChangeKind::TransferCreated, made);
  change.number = end_.created++;
  if (has(made.flags, ledger::transfer_flags::kPending)) {
    change.remaining = made.amount;
    holds_.emplace(made.id, Hold{made, made.amount, change.number});
    if (made.timeout != 0) {
      deadlines_.emplace(std::array{made.timestamp + made.timeout * kNsPerSecond, made.timestamp},
                         made.id);
    }
  }
  if (has(made.flags, ledger::transfer_flags::kResolves)) resolve(change);
  move(change);
}

// A post or a void: what becomes of its hold.
void ReferenceChanges::resolve(TransferChange& change) {
  const Transfer& made = change.transfer;
  Hold& hold = holds_.at(made.pending_id);
  const bool voids = has(made.flags, ledger::transfer_flags::kVoidPendingTransfer);
  const u128 left = voids ? 0 : hold.remaining - made.amount;
  const bool stays = has(made.flags, ledger::transfer_flags::kCapturePartial) && left != 0;
  change.took_all = !voids && left == 0;
  change.released = stays ? made.amount : hold.remaining;
  change.remaining = stays ? left : 0;
  change.hold_status = stays   ? PendingStatus::Pending
                       : voids ? PendingStatus::Voided
                               : PendingStatus::Posted;
  hold.remaining = change.remaining;
  if (stays) return;
  deadlines_.erase(
      {hold.transfer.timestamp + hold.transfer.timeout * kNsPerSecond, hold.transfer.timestamp});
  holds_.erase(made.pending_id);
}

// Books the change, and tells what both accounts have then.
void ReferenceChanges::move(TransferChange& change) {
  const Transfer& transfer = change.transfer;
  engine::Balances& debit = balances_.at(transfer.debit_account_id);
  engine::Balances& credit = balances_.at(transfer.credit_account_id);
  debit[kDebitsPending] -= change.released;
  credit[kCreditsPending] -= change.released;
  const bool voids = has(transfer.flags, ledger::transfer_flags::kVoidPendingTransfer);
  if (change.kind == ChangeKind::TransferCreated && !voids) {
    const bool pending = has(transfer.flags, ledger::transfer_flags::kPending);
    debit[pending ? kDebitsPending : kDebitsPosted] += transfer.amount;
    credit[pending ? kCreditsPending : kCreditsPosted] += transfer.amount;
  }
  change.balances = {debit[kDebitsPending],   debit[kDebitsPosted],   debit[kCreditsPending],
                     debit[kCreditsPosted],   credit[kDebitsPending], credit[kDebitsPosted],
                     credit[kCreditsPending], credit[kCreditsPosted]};
  batch_.transfers.push_back(change);
}

void ReferenceChanges::refuse(Turn& turn, const Transfer& event, u32 outcome) {
  if (outcome == static_cast<u32>(TransferOutcome::Exists)) return;
  OtherChange made;
  made.place = {turn.position, turn.changes++};
  made.decided = turn.timestamp;
  made.what = history::RefusedTransfer{event, turn.request.trace_id, turn.request.principal,
                                       static_cast<u8>(outcome)};
  batch_.others.push_back(made);
  if (!ledger::is_transient(static_cast<TransferOutcome>(outcome))) return;
  batch_.consumed.push_back(
      {event.id, made.place, turn.timestamp, end_.consumed++, static_cast<u8>(outcome)});
}

void ReferenceChanges::add_account(Turn& turn, const ledger::Account& event) {
  OtherChange made;
  made.place = {turn.position, turn.changes++};
  made.decided = turn.timestamp;
  auto& account = made.what.emplace<ledger::Account>(event);
  if (!has(event.flags, ledger::account_flags::kImported)) account.timestamp = turn.timestamp;
  balances_.emplace(event.id, engine::Balances{});
  ++end_.accounts;
  batch_.others.push_back(made);
}

void ReferenceChanges::add_update(Turn& turn, const ledger::AccountUpdate& event) {
  OtherChange made;
  made.place = {turn.position, turn.changes++};
  made.decided = turn.timestamp;
  ledger::AccountChange change{event, turn.request.trace_id, turn.request.principal, 0};
  change.update.timestamp = turn.timestamp;
  made.what = change;
  batch_.others.push_back(made);
}

namespace {

template <class Object>
std::string bytes_of(const Object& object) {
  std::string text;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&object);
  for (usize index = 0; index < sizeof(Object); ++index)
    text += fmt::format("{:02x}", bytes[index]);
  return text;
}

std::string text_of(const history::Place& place) {
  return fmt::format("{}.{}", place.position, place.index);
}

template <class Object>
std::string first_difference(std::string_view kind, const std::vector<Object>& expected,
                             const std::vector<Object>& actual) {
  for (usize index = 0; index < std::max(expected.size(), actual.size()); ++index) {
    // The same in every byte, padding included: most are, and to write them out takes long.
    const bool both = index < expected.size() && index < actual.size();
    if (both && std::memcmp(&expected[index], &actual[index], sizeof(Object)) == 0) continue;
    const std::string wanted = index < expected.size() ? test::text_of(expected[index]) : "none";
    const std::string found = index < actual.size() ? test::text_of(actual[index]) : "none";
    if (wanted != found) return fmt::format("{} {}: {}\nexpected: {}", kind, index, found, wanted);
  }
  return {};
}

}  // namespace

std::string text_of(const TransferChange& change) {
  const Transfer& transfer = change.transfer;
  return fmt::format(
      "{} {} number {} decided {} id {} debit {} credit {} amount {} pending {} flags {:x} time {} "
      "released {} remaining {} hold {} took_all {} trace {} principal {} record {} balances {}",
      text_of(change.place), change.kind == ChangeKind::HoldExpired ? "expired" : "created",
      change.number, change.decided, to_decimal(transfer.id), to_decimal(transfer.debit_account_id),
      to_decimal(transfer.credit_account_id), to_decimal(transfer.amount),
      to_decimal(transfer.pending_id), transfer.flags, transfer.timestamp,
      to_decimal(change.released), to_decimal(change.remaining),
      static_cast<u32>(change.hold_status), change.took_all, to_decimal(change.trace_id),
      change.principal, bytes_of(transfer), bytes_of(change.balances));
}

std::string text_of(const OtherChange& event) {
  const std::string begin = fmt::format("{} kind {} decided {}", text_of(event.place),
                                        static_cast<u32>(kind_of(event)), event.decided);
  if (const ledger::Account* const account = event.created()) {
    return fmt::format("{} account {}", begin, bytes_of(*account));
  }
  if (const ledger::AccountChange* const change = event.updated()) {
    return fmt::format("{} change {}", begin, bytes_of(*change));
  }
  const history::RefusedTransfer& refused = *event.refused();
  return fmt::format("{} outcome {} transfer {} trace {} principal {}", begin, refused.outcome,
                     bytes_of(refused.transfer), to_decimal(refused.trace_id), refused.principal);
}

std::string text_of(const ConsumedId& consumed) {
  return fmt::format("{} consumed {} number {} decided {} outcome {}", text_of(consumed.place),
                     to_decimal(consumed.id), consumed.number, consumed.decided, consumed.outcome);
}

std::string difference(const history::ChangeBatch& expected, const history::ChangeBatch& actual) {
  std::string found = first_difference("transfer", expected.transfers, actual.transfers);
  if (found.empty()) found = first_difference("other", expected.others, actual.others);
  if (found.empty()) found = first_difference("consumed", expected.consumed, actual.consumed);
  return found;
}

}  // namespace florin::test
