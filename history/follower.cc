// Blocks, requests and accounts. What becomes of transfers is in history/follower_transfers.cc.
#include "history/follower.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/check.h"
#include "base/int128.h"

namespace florin::history {

using ledger::Operation;
using ledger::Transfer;
namespace flags = ledger::transfer_flags;

namespace {

// How many events ahead ids are hashed and their index entries fetched, and how many the records.
constexpr u32 kIndexAhead = 24;
constexpr u32 kRecordAhead = 12;

void make_room(std::vector<TransferChange>& changes, u64 more) {
  const u64 needed = changes.size() + more;
  if (needed > changes.capacity()) changes.reserve(std::max<u64>(needed, 2 * changes.capacity()));
}

}  // namespace

Follower::Follower(Store& store, const Mark& start, engine::HashSeed seed)
    : store_(store), mark_(start), accounts_(seed), holds_(seed) {}

void Follower::restart(const Mark& start) {
  mark_ = start;
  accounts_.clear();
  holds_.clear();
}

Status Follower::follow(const LoggedBlock& block, ChangeBatch& batch) {
  sequence_ = block.end.sequence;
  make_room(batch.transfers, block.event_count);
  if (!read(block) || !follow_requests(batch) || !check_end(block)) {
    return tl::unexpected<Error>(std::move(failure_));
  }
  mark_.log = block.end;
  batch.end = mark_;
  return {};
}

bool Follower::fail_at(u64 position, const std::string& what) {
  failure_ =
      Error{ErrorCode::Corrupt,
            fmt::format("history cannot follow log block {} at position {}: {}. The log, its "
                        "outcomes or history were damaged, or are not of one ledger: rebuild "
                        "history from the log, or restore a backup",
                        sequence_, position, what)};
  return false;
}

bool Follower::fail_block(const LoggedBlock& block, const std::string& what) {
  return fail_at(block.position_before + 1, what);
}

bool Follower::read(const LoggedBlock& block) {
  const bool is_next = block.end.sequence > mark_.log.sequence &&
                       block.position_before == mark_.log.position.value &&
                       block.end.position.value == block.position_before + block.event_count;
  if (!is_next) {
    return fail_block(block, fmt::format("history stands behind block {} at position {}, and the "
                                         "block's {} events follow position {}",
                                         mark_.log.sequence, mark_.log.position.value,
                                         block.event_count, block.position_before));
  }
  const pipeline::OutcomeHeader& outcomes = block.outcomes;
  if (outcomes.sequence != block.end.sequence || outcomes.event_count != block.event_count ||
      outcomes.position_before != block.position_before) {
    return fail_block(
        block, fmt::format("its outcomes are those of block {} with {} events after "
                           "position {}",
                           outcomes.sequence, outcomes.event_count, outcomes.position_before));
  }
  auto parsed = pipeline::parse_outcomes(outcomes, block.outcome_content);
  if (!parsed) return fail_block(block, parsed.error().message);
  outcomes_ = std::move(*parsed);
  refused_ = 0;
  derived_ = 0;
  expired_ = 0;
  return read_requests(block);
}

bool Follower::read_requests(const LoggedBlock& block) {
  requests_.clear();
  events_.clear();
  pipeline::RecordReader reader(block.body);
  u64 timestamp_least = mark_.last_timestamp + 1;
  while (true) {
    const auto entry = reader.next();
    if (!entry) return fail_block(block, entry.error().message);
    if (!entry->has_value()) break;
    const auto& [record, events, conditions] = **entry;
    const auto first_event = static_cast<u32>(events_.size());
    if (record.position_before != block.position_before + first_event ||
        record.timestamp < timestamp_least) {
      return fail_at(block.position_before + first_event + 1,
                     fmt::format("a request says that it follows position {} and is from {}; "
                                 "expected position {} and {} or later",
                                 record.position_before, record.timestamp,
                                 block.position_before + first_event, timestamp_least));
    }
    requests_.push_back({record, events, first_event});
    timestamp_least = record.timestamp + record.event_count;
    if (record.operation == static_cast<u16>(Operation::CreateTransfers)) {
      const auto* const transfers = reinterpret_cast<const Transfer*>(events);
      for (u32 index = 0; index < record.event_count; ++index) {
        events_.push_back(transfers + index);
      }
    } else {
      events_.resize(first_event + record.event_count);
    }
  }
  if (events_.size() == block.event_count) return true;
  return fail_block(block,
                    fmt::format("it has {} events and says {}", events_.size(), block.event_count));
}

bool Follower::follow_requests(ChangeBatch& batch) {
  for (u32 event = 0; event < kIndexAhead; ++event) fetch_index(event);
  for (u32 event = 0; event < kRecordAhead; ++event) fetch_records(event);
  for (const Request& request : requests_) {
    bool done = false;
    switch (static_cast<Operation>(request.record.operation)) {
      case Operation::CreateTransfers: done = follow_transfers(request, batch); break;
      case Operation::CreateAccounts: done = follow_accounts(request, batch); break;
      case Operation::UpdateAccounts: done = follow_updates(request, batch); break;
      case Operation::Tick: done = follow_tick(request, batch); break;
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
      case Operation::GetStatement: CHECK(false);  // The reader of records takes writes only.
    }
    if (!done) return false;
    mark_.last_timestamp = request.record.timestamp + request.record.event_count - 1;
  }
  return true;
}

void Follower::fetch_index(u32 event) {
  if (event >= events_.size() || events_[event] == nullptr) return;
  const Transfer& transfer = *events_[event];
  Ahead& ahead = ahead_[event % kAhead];
  ahead.debit = accounts_.tag_of(transfer.debit_account_id);
  ahead.credit = accounts_.tag_of(transfer.credit_account_id);
  accounts_.prefetch_index(ahead.debit);
  accounts_.prefetch_index(ahead.credit);
  if ((transfer.flags & (flags::kResolves | flags::kPending)) == 0) [[likely]]
    return;
  const bool resolves = (transfer.flags & flags::kResolves) != 0;
  ahead.hold = holds_.tag_of(resolves ? transfer.pending_id : transfer.id);
  holds_.prefetch_index(ahead.hold);
}

void Follower::fetch_records(u32 event) const {
  if (event >= events_.size() || events_[event] == nullptr) return;
  const Ahead& ahead = ahead_[event % kAhead];
  accounts_.prefetch_record(ahead.debit);
  accounts_.prefetch_record(ahead.credit);
  if ((events_[event]->flags & flags::kResolves) != 0) holds_.prefetch_record(ahead.hold);
}

bool Follower::follow_transfers(const Request& request, ChangeBatch& batch) {
  for (u32 index = 0; index < request.record.event_count; ++index) {
    Turn turn = turn_of(request, index);
    if (!expire_due(turn, batch)) return false;
    const u8 outcome = take_outcome(turn.event);
    const Transfer& event = *events_[turn.event];
    const bool done = outcome == ledger::kCreated ? create_transfer(turn, event, batch)
                                                  : refuse_transfer(turn, outcome, event, batch);
    if (!done) return false;
  }
  return true;
}

bool Follower::follow_accounts(const Request& request, ChangeBatch& batch) {
  const auto* const events = reinterpret_cast<const ledger::Account*>(request.events);
  for (u32 index = 0; index < request.record.event_count; ++index) {
    Turn turn = turn_of(request, index);
    if (!expire_due(turn, batch)) return false;
    if (take_outcome(turn.event) != ledger::kCreated) continue;
    const ledger::Account& event = events[index];
    const u32 tag = accounts_.tag_of(event.id);
    if (accounts_.find(event.id, tag) != kNoSlot) {
      return fail_at(turn.position,
                     fmt::format("account {} is created a second time", to_decimal(event.id)));
    }
    accounts_.add({event.id, {}}, tag);
    OtherChange& created = batch.others.emplace_back();
    created.place = turn.next_place();
    created.decided = turn.decided;
    auto& account = created.what.emplace<ledger::Account>(event);
    const bool imported = (event.flags & ledger::account_flags::kImported) != 0;
    if (!imported) account.timestamp = turn.decided;
    ++mark_.accounts;
  }
  return true;
}

bool Follower::follow_updates(const Request& request, ChangeBatch& batch) {
  const auto* const events = reinterpret_cast<const ledger::AccountUpdate*>(request.events);
  for (u32 index = 0; index < request.record.event_count; ++index) {
    Turn turn = turn_of(request, index);
    if (!expire_due(turn, batch)) return false;
    const u8 number = take_outcome(turn.event);
    const auto outcome = ledger::update_outcome(number);
    if (!outcome) {
      return fail_at(turn.position, fmt::format("no update has the outcome {}", number));
    }
    if (number != ledger::kCreated) {
      if (ledger::is_transient(*outcome)) ++mark_.updates;
      continue;
    }
    OtherChange& updated = batch.others.emplace_back();
    updated.place = turn.next_place();
    updated.decided = turn.decided;
    auto& change = updated.what.emplace<ledger::AccountChange>();
    change.update = events[index];
    change.update.timestamp = turn.decided;
    change.trace_id = request.record.trace_id;
    change.principal = request.record.principal;
    ++mark_.updates;
  }
  return true;
}

bool Follower::follow_tick(const Request& request, ChangeBatch& batch) {
  Turn turn = turn_of(request, 0);
  return expire_due(turn, batch);
}

// Fetches ahead: every event of a block has its turn, whatever its kind.
Follower::Turn Follower::turn_of(const Request& request, u32 index) {
  fetch_index(request.first_event + index + kIndexAhead);
  fetch_records(request.first_event + index + kRecordAhead);
  return {request, request.first_event + index, request.record.position_before + index + 1,
          request.record.timestamp + index};
}

u8 Follower::take_outcome(u32 event) {
  const auto& refused = outcomes_.refused;
  if (refused_ == refused.size() || refused[refused_].event != event) [[likely]]
    return ledger::kCreated;
  return refused[refused_++].outcome;
}

const Follower::Derived* Follower::take_derived(u32 event) {
  const auto& derived = outcomes_.derived;
  if (derived_ == derived.size() || derived[derived_].header.event != event) return nullptr;
  return &derived[derived_++];
}

bool Follower::check_end(const LoggedBlock& block) {
  const pipeline::OutcomeCounts& logged = outcomes_.counts;
  const u64 transfers = mark_.created + mark_.consumed;
  if (mark_.accounts != logged.accounts || transfers != logged.transfers ||
      mark_.updates != logged.updates) {
    return fail_at(block.end.position.value,
                   fmt::format("the log counts {} accounts, {} ids of transfers and {} of updates; "
                               "history {}, {} and {}",
                               logged.accounts, logged.transfers, logged.updates, mark_.accounts,
                               transfers, mark_.updates));
  }
  if (refused_ == outcomes_.refused.size() && derived_ == outcomes_.derived.size() &&
      expired_ == outcomes_.expired.size()) {
    return true;
  }
  return fail_at(
      block.end.position.value,
      fmt::format("{} refusals, {} derived transfers and {} expiries of its outcomes "
                  "belong to no event",
                  outcomes_.refused.size() - refused_, outcomes_.derived.size() - derived_,
                  outcomes_.expired.size() - expired_));
}

}  // namespace florin::history
