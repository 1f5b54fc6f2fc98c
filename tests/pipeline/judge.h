// Compares a ledger's answers and state with the reference ledger's, in the order of positions.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "engine/engine.h"
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
    OwnedRequest asked = answered.ask_again();
    reference_.apply(asked.request(), actual.timestamp);
    ASSERT_EQ(difference(asked.request(), actual), "");
    if (ledger::is_write(actual.operation)) {
      ASSERT_GT(actual.timestamp.ns, last_timestamp_);
      last_timestamp_ = actual.timestamp.ns + actual.event_count - 1;
    }
  }

  // After a crash: writes without an answer happened if, and only if, the log kept their place.
  void apply_survivors(const std::vector<OwnedRequest>& unanswered, Position recovered) {
    std::vector<const ledger::Request*> ordered;
    for (const OwnedRequest& owned : unanswered) {
      const ledger::Request& request = owned.request();
      const bool written = ledger::is_write(request.operation) && request.timestamp.ns != 0;
      if (written && request.position <= recovered) ordered.push_back(&request);
    }
    std::sort(ordered.begin(), ordered.end(),
              [](const auto* left, const auto* right) { return left->position < right->position; });
    for (const ledger::Request* request : ordered) {
      OwnedRequest again = request->operation == ledger::Operation::CreateAccounts
                               ? OwnedRequest::create_accounts(request->account_events())
                               : OwnedRequest::create_transfers(request->transfer_events());
      reference_.apply(again.request(), request->timestamp);
      ASSERT_EQ(again.request().position, request->position);
      last_timestamp_ = request->timestamp.ns + request->event_count - 1;
    }
    ASSERT_EQ(reference_.position(), recovered);
  }

  // Every account and transfer of the engine equals the reference's, and there are no others.
  void check_state(const engine::Engine& engine) const {
    reference_.check_invariants();
    const Status verified = engine.verify();
    ASSERT_TRUE(verified) << verified.error().message;
    const engine::Tables& tables = engine.tables();
    ASSERT_EQ(engine.accounts_used(), reference_.accounts().size());
    ASSERT_EQ(engine.transfers_used(),
              reference_.transfers().size() + reference_.failed_ids().size());
    for (const auto& [id, account] : reference_.accounts()) {
      const u32 slot = tables.find_account(tables.seed.hash(id), id);
      ASSERT_NE(slot, engine::kNoSlot);
      ASSERT_EQ(std::memcmp(&tables.accounts[slot], &account, sizeof(account)), 0);
    }
    for (const auto& [id, transfer] : reference_.transfers()) {
      const u32 slot = tables.find_transfer(tables.seed.hash(id), id);
      ASSERT_NE(slot, engine::kNoSlot);
      ASSERT_EQ(std::memcmp(&tables.transfers[slot], &transfer, sizeof(transfer)), 0);
    }
    for (const auto& [id, outcome] : reference_.failed_ids()) {
      const u32 slot = tables.find_transfer(tables.seed.hash(id), id);
      ASSERT_NE(slot, engine::kNoSlot);
      ASSERT_EQ(tables.transfer_states[slot], static_cast<u8>(outcome));
    }
  }

  const ReferenceLedger& reference() const { return reference_; }

 private:
  ReferenceLedger reference_;
  u64 last_timestamp_ = 0;
};

}  // namespace florin::test
