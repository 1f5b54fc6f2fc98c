// Compares a ledger's answers and state with the reference ledger's, in the order of positions.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "engine/engine.h"
#include "pipeline/sequencer.h"
#include "tests/support/answers.h"
#include "tests/support/owned_request.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

class Judge {
 public:
  // The request was answered: the reference must answer the same.
  void check_answer(const OwnedRequest& answered) {
    const ledger::Request& actual = answered.request();
    ASSERT_EQ(actual.refusal, ledger::RefusalCode::None) << actual.refusal_message;
    const u64 events = actual.is_logged() ? actual.event_count : 0;
    // Over a connection a read does not tell the last logged time.
    const bool tells_time = !actual.is_logged() && actual.timestamp.ns != 0;
    apply_ticks(Position{actual.position.value - events}, actual.timestamp, tells_time);
    if (actual.is_logged()) {
      ASSERT_GT(actual.timestamp, reference_.last_timestamp());
    }
    OwnedRequest asked = answered.ask_again();
    reference_.apply(asked.request(), actual.timestamp);
    if (actual.timestamp.ns == 0) asked.request().timestamp = Timestamp{};
    ASSERT_EQ(difference(asked.request(), actual), "");
  }

  // After a crash: writes without an answer happened if, and only if, the log kept their place.
  void apply_survivors(const std::vector<OwnedRequest>& unanswered,
                       const pipeline::OrderState& recovered) {
    std::vector<const OwnedRequest*> ordered;
    for (const OwnedRequest& owned : unanswered) {
      const ledger::Request& request = owned.request();
      const bool written = request.is_logged() && request.timestamp.ns != 0;
      if (written && request.position <= recovered.position) ordered.push_back(&owned);
    }
    std::sort(ordered.begin(), ordered.end(), [](const auto* left, const auto* right) {
      return left->request().position < right->request().position;
    });
    for (const OwnedRequest* owned : ordered) {
      const ledger::Request& request = owned->request();
      apply_ticks(Position{request.position.value - request.event_count}, request.timestamp, false);
      OwnedRequest again = owned->ask_again();
      reference_.apply(again.request(), request.timestamp);
      ASSERT_EQ(again.request().position, request.position);
    }
    apply_ticks(recovered.position, Timestamp{recovered.last_timestamp}, true);
    ASSERT_EQ(reference_.position(), recovered.position);
  }

  // Every account and transfer of the engine equals the reference's, and there are no others.
  void check_state(const engine::Engine& engine) const {
    reference_.check_invariants();
    const Status verified = engine.verify();
    ASSERT_TRUE(verified) << verified.error().message;
    const engine::Tables& tables = engine.tables();
    const auto accounts = reference_.accounts();
    const auto transfers = reference_.transfers();
    ASSERT_EQ(engine.accounts_used(), accounts.size());
    ASSERT_EQ(engine.transfers_used(), transfers.size() + reference_.failed_ids().size());
    ASSERT_EQ(engine.updates_used(),
              reference_.account_changes().size() + reference_.failed_update_ids().size());
    for (const auto& [id, account] : accounts) {
      const u32 slot = tables.find_account(tables.seed.hash(id), id);
      ASSERT_NE(slot, engine::kNoSlot);
      ASSERT_TRUE(equal_bytes(tables.accounts[slot], account));
      auto limits = engine.books().limits.describe(slot, reference_.last_timestamp().ns);
      limits.account_id = id;
      ASSERT_TRUE(equal_bytes(limits, reference_.account_limits(id)));
    }
    for (const auto& [id, transfer] : transfers) {
      const u32 slot = tables.find_transfer(tables.seed.hash(id), id);
      ASSERT_NE(slot, engine::kNoSlot);
      ASSERT_TRUE(equal_bytes(tables.transfers[slot], transfer));
      ASSERT_TRUE(
          equal_bytes(transfer_status(engine.books(), slot), reference_.transfer_status(id)));
    }
    for (const auto& [id, outcome] : reference_.failed_ids()) {
      const u32 slot = tables.find_transfer(tables.seed.hash(id), id);
      ASSERT_NE(slot, engine::kNoSlot);
      ASSERT_EQ(tables.transfer_states[slot], static_cast<u8>(outcome));
    }
  }

  const ReferenceLedger& reference() const { return reference_; }

 private:
  template <class Value>
  static bool equal_bytes(const Value& left, const Value& right) {
    return std::memcmp(&left, &right, sizeof(Value)) == 0;
  }

  // Positions that no request took are ticks. `is_last`: the last of them was made at `time`, as a
  // read tells; before a write it makes no difference when.
  void apply_ticks(Position before, Timestamp time, bool is_last) {
    while (reference_.position() < before) {
      ASSERT_TRUE(reference_.next_deadline()) << "a tick without a hold that is due";
      const bool last = reference_.position().value + 1 == before.value;
      const u64 soonest =
          std::max(reference_.next_deadline()->ns, reference_.last_timestamp().ns + 1);
      OwnedRequest tick = OwnedRequest::tick();
      reference_.apply(tick.request(), last && is_last ? time : Timestamp{soonest});
    }
  }

  ReferenceLedger reference_;
};

}  // namespace florin::test
