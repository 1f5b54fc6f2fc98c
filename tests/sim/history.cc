#include "tests/sim/history.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/int128.h"
#include "tests/support/answers.h"

namespace florin::test {

namespace {

template <class Value>
bool equal_bytes(const Value& left, const Value& right) {
  return std::memcmp(&left, &right, sizeof(Value)) == 0;
}

std::string check_counts(const engine::Engine& engine, const ReferenceLedger& reference) {
  const u64 accounts = reference.accounts().size();
  const u64 transfers = reference.transfers().size() + reference.failed_ids().size();
  const u64 updates = reference.account_changes().size() + reference.failed_update_ids().size();
  if (engine.accounts_used() == accounts && engine.transfers_used() == transfers &&
      engine.updates_used() == updates) {
    return "";
  }
  return fmt::format("{} accounts, {} transfers and {} updates instead of {}, {} and {}",
                     engine.accounts_used(), engine.transfers_used(), engine.updates_used(),
                     accounts, transfers, updates);
}

std::string check_accounts(const engine::Engine& engine, const ReferenceLedger& reference) {
  const engine::Tables& tables = engine.tables();
  for (const auto& [id, account] : reference.accounts()) {
    const u32 slot = tables.find_account(tables.seed.hash(id), id);
    if (slot == engine::kNoSlot) return "no account " + to_decimal(id);
    if (!equal_bytes(tables.accounts[slot], account)) return "another account " + to_decimal(id);
    auto limits = engine.books().limits.describe(slot, reference.last_timestamp().ns);
    limits.account_id = id;
    if (!equal_bytes(limits, reference.account_limits(id))) {
      return "other limits of account " + to_decimal(id);
    }
  }
  return "";
}

// What left memory.
std::string check_past(MemoryStore* store, std::span<const u128> ids,
                       const ReferenceLedger& reference) {
  if (ids.empty()) return "";
  if (store == nullptr) return "no transfer " + to_decimal(ids.front());
  const auto transfers = reference.transfers();
  std::vector<engine::PastTransfer> found(ids.size());
  store->find(ids, reference.position(), found);
  for (usize index = 0; index < ids.size(); ++index) {
    const ledger::TransferStatus status = reference.transfer_status(ids[index]);
    const engine::PastTransfer& past = found[index];
    const auto transfer = transfers.find(ids[index]);
    const ledger::Transfer expected =
        transfer == transfers.end() ? ledger::Transfer{} : transfer->second;
    const bool same = (past.outcome & engine::TransferState::kOutcomeBits) == status.outcome &&
                      static_cast<u8>(past.pending_status) == status.pending_status &&
                      past.reversed == (status.reversed != 0) &&
                      status.pending_status != static_cast<u8>(ledger::PendingStatus::Pending);
    if (!same || !equal_bytes(past.transfer, expected)) {
      return fmt::format(
          "not in memory transfer {}, and in history with outcome {}, status {}, reversed {}, "
          "amount {} instead of {}, {}, {}, {}",
          to_decimal(ids[index]), past.outcome, static_cast<u32>(past.pending_status),
          past.reversed, to_decimal(past.transfer.amount), status.outcome, status.pending_status,
          status.reversed, to_decimal(expected.amount));
    }
  }
  return "";
}

std::string check_transfers(const engine::Engine& engine, const ReferenceLedger& reference,
                            MemoryStore* store) {
  const engine::Tables& tables = engine.tables();
  std::vector<u128> gone;
  for (const auto& [id, transfer] : reference.transfers()) {
    const u32 slot = tables.find_transfer(tables.seed.hash(id), id);
    if (slot == engine::kNoSlot) {
      gone.push_back(id);
      continue;
    }
    if (!equal_bytes(tables.transfers[slot], transfer)) {
      return "another transfer " + to_decimal(id);
    }
    if (!equal_bytes(transfer_status(engine.books(), slot), reference.transfer_status(id))) {
      return "another status of transfer " + to_decimal(id);
    }
  }
  for (const auto& [id, outcome] : reference.failed_ids()) {
    const u32 slot = tables.find_transfer(tables.seed.hash(id), id);
    if (slot == engine::kNoSlot) {
      gone.push_back(id);
    } else if (tables.transfer_states[slot] != static_cast<u8>(outcome)) {
      return "another refusal of id " + to_decimal(id);
    }
  }
  return check_past(store, gone, reference);
}

}  // namespace

void History::count(const ledger::Request& answered) {
  ++exercises_.requests;
  if (answered.refusal != ledger::RefusalCode::None) return;
  ++exercises_.accepted;
  if (answered.dry_run) exercises_.count(Exercise::DryRuns);
  if (!ledger::is_write(answered.operation)) exercises_.count(Exercise::Reads);
  if (!answered.is_logged()) return;
  exercises_.events += answered.event_count;
  exercises_.created += answered.event_count - answered.exceptions.size();
}

std::string History::check_answer(const ledger::Request& answered) {
  count(answered);
  if (answered.refusal != ledger::RefusalCode::None) return "";  // Nothing of it happened.
  std::string wrong = come_to(answered);
  if (!wrong.empty()) return wrong;
  OwnedRequest asked = OwnedRequest::copy_of(answered);
  reference_.apply(asked.request(), answered.timestamp);
  if (answered.timestamp.ns == 0) asked.request().timestamp = Timestamp{};
  wrong = difference(asked.request(), answered);
  acknowledged_ = std::max(acknowledged_, answered.position);
  past_.note(std::move(asked));
  if (wrong.empty()) return "";
  return fmt::format("wrong answer at position {}: {}", answered.position.value, wrong);
}

std::string History::defer(const ledger::Request& released) {
  std::string wrong = come_to(released);
  if (!wrong.empty()) return wrong;
  OwnedRequest expected = OwnedRequest::copy_of(released);
  if (!ledger::is_of_history(released.operation)) {
    reference_.apply(expected.request(), Timestamp{});
    if (released.timestamp.ns == 0) expected.request().timestamp = Timestamp{};
  }
  deferred_.insert_or_assign(&released, std::move(expected));
  return "";
}

std::string History::check_completed(const ledger::Request& answered, const MemoryStore& store) {
  count(answered);
  const auto found = deferred_.find(&answered);
  if (found == deferred_.end()) return "an answer from history to what nobody asked";
  const OwnedRequest expected = std::move(found->second);
  deferred_.erase(found);
  using enum ledger::RefusalCode;
  const auto refusal = answered.refusal;
  if (refusal == Busy || refusal == ShuttingDown || refusal == HistoryFailed) {
    exercises_.count(Exercise::QueriesRefused);
    return "";
  }
  if (refusal != None) {
    return fmt::format("a question about the past was refused: {}: {}", name(refusal),
                       answered.refusal_message);
  }
  if (ledger::is_of_history(answered.operation)) {
    exercises_.count(Exercise::AnswersFromHistory);
    return past_.check(answered, store);
  }
  exercises_.count(Exercise::AnswersCompleted);
  const std::string wrong = difference(expected.request(), answered);
  if (wrong.empty()) return "";
  return fmt::format("wrong answer with history's help at position {}: {}", answered.position.value,
                     wrong);
}

// The reference is brought to the place in the order that the request has.
std::string History::come_to(const ledger::Request& answered) {
  const u64 events = answered.is_logged() ? answered.event_count : 0;
  if (answered.position.value < reference_.position().value + events) {
    return fmt::format("{} answered at position {} after position {} was", name(answered.operation),
                       answered.position.value, reference_.position().value);
  }
  const bool tells_time = !answered.is_logged() && answered.timestamp.ns != 0;
  std::string wrong =
      apply_ticks(Position{answered.position.value - events}, answered.timestamp, tells_time);
  if (!wrong.empty()) return wrong;
  if (answered.is_logged() && answered.timestamp <= reference_.last_timestamp()) {
    return fmt::format("position {} is not later than the one before", answered.position.value);
  }
  return "";
}

std::string History::check_recovery(std::vector<Survivor> survivors,
                                    const pipeline::OrderState& recovered) {
  if (recovered.position < acknowledged_) {
    return fmt::format("lost: the ledger came back at position {}, {} was acknowledged",
                       recovered.position.value, acknowledged_.value);
  }
  std::erase_if(survivors, [&](const Survivor& each) {
    return each.position > recovered.position || each.position <= reference_.position();
  });
  std::sort(survivors.begin(), survivors.end(), [](const Survivor& left, const Survivor& right) {
    return left.position < right.position;
  });
  for (const Survivor& survivor : survivors) {
    const u64 events = survivor.request.request().event_count;
    const Position before{survivor.position.value - events};
    std::string wrong = apply_ticks(before, survivor.timestamp, false);
    if (!wrong.empty()) return wrong;
    OwnedRequest again = survivor.request.ask_again();
    reference_.apply(again.request(), survivor.timestamp);
    if (again.request().position != survivor.position) {
      return fmt::format("the request at position {} survived in part", survivor.position.value);
    }
    past_.note(std::move(again));
  }
  std::string wrong = apply_ticks(recovered.position, Timestamp{recovered.last_timestamp}, true);
  if (!wrong.empty()) return wrong;
  // What a ledger came back with it shows, and may not lose either.
  acknowledged_ = recovered.position;
  if (reference_.last_timestamp().ns == recovered.last_timestamp) return "";
  return fmt::format("the last event is of {} instead of {}", recovered.last_timestamp,
                     reference_.last_timestamp().ns);
}

std::string History::check_state(const engine::Engine& engine, MemoryStore* store) const {
  reference_.check_invariants();
  const Status verified = engine.verify();
  if (!verified) return "the state does not verify: " + verified.error().message;
  std::string wrong = check_counts(engine, reference_);
  if (wrong.empty()) wrong = check_accounts(engine, reference_);
  if (wrong.empty()) wrong = check_transfers(engine, reference_, store);
  return wrong.empty() ? "" : "the state has " + wrong;
}

// Positions that no request took are ticks. `is_last`: the last of them was made at `time`, as a
// read tells; before a write it makes no difference when.
std::string History::apply_ticks(Position before, Timestamp time, bool is_last) {
  while (reference_.position() < before) {
    const auto deadline = reference_.next_deadline();
    if (!deadline) {
      return fmt::format("position {} is a tick without a hold that is due",
                         reference_.position().value + 1);
    }
    const bool last = reference_.position().value + 1 == before.value;
    const u64 soonest = std::max(deadline->ns, reference_.last_timestamp().ns + 1);
    OwnedRequest tick = OwnedRequest::tick();
    reference_.apply(tick.request(), last && is_last ? time : Timestamp{soonest});
    past_.note(std::move(tick));
    exercises_.count(Exercise::Ticks);
  }
  return "";
}

}  // namespace florin::test
