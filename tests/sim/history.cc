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

std::string check_transfers(const engine::Engine& engine, const ReferenceLedger& reference) {
  const engine::Tables& tables = engine.tables();
  for (const auto& [id, transfer] : reference.transfers()) {
    const u32 slot = tables.find_transfer(tables.seed.hash(id), id);
    if (slot == engine::kNoSlot) return "no transfer " + to_decimal(id);
    if (!equal_bytes(tables.transfers[slot], transfer)) {
      return "another transfer " + to_decimal(id);
    }
    if (!equal_bytes(transfer_status(engine.books(), slot), reference.transfer_status(id))) {
      return "another status of transfer " + to_decimal(id);
    }
  }
  for (const auto& [id, outcome] : reference.failed_ids()) {
    const u32 slot = tables.find_transfer(tables.seed.hash(id), id);
    if (slot == engine::kNoSlot) return "no consumed id " + to_decimal(id);
    if (tables.transfer_states[slot] != static_cast<u8>(outcome)) {
      return "another refusal of id " + to_decimal(id);
    }
  }
  return "";
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
  OwnedRequest asked = OwnedRequest::copy_of(answered);
  reference_.apply(asked.request(), answered.timestamp);
  if (answered.timestamp.ns == 0) asked.request().timestamp = Timestamp{};
  wrong = difference(asked.request(), answered);
  acknowledged_ = std::max(acknowledged_, answered.position);
  if (wrong.empty()) return "";
  return fmt::format("wrong answer at position {}: {}", answered.position.value, wrong);
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
  }
  std::string wrong = apply_ticks(recovered.position, Timestamp{recovered.last_timestamp}, true);
  if (!wrong.empty()) return wrong;
  // What a ledger came back with it shows, and may not lose either.
  acknowledged_ = recovered.position;
  if (reference_.last_timestamp().ns == recovered.last_timestamp) return "";
  return fmt::format("the last event is of {} instead of {}", recovered.last_timestamp,
                     reference_.last_timestamp().ns);
}

std::string History::check_state(const engine::Engine& engine) const {
  reference_.check_invariants();
  const Status verified = engine.verify();
  if (!verified) return "the state does not verify: " + verified.error().message;
  std::string wrong = check_counts(engine, reference_);
  if (wrong.empty()) wrong = check_accounts(engine, reference_);
  if (wrong.empty()) wrong = check_transfers(engine, reference_);
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
    exercises_.count(Exercise::Ticks);
  }
  return "";
}

}  // namespace florin::test
