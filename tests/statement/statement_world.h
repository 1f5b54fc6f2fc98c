// A small bank for tests of statements: what is done in it goes through the reference ledger, and
// into the plain store of history, which can be asked at once.
#pragma once

#include <string_view>

#include "base/types.h"
#include "statement/builder.h"
#include "statement/reference.h"
#include "tests/support/memory_store.h"
#include "tests/support/reference_changes.h"
#include "tests/support/reference_ledger.h"

namespace florin::test {

// "2026-10-03T12:00" in UTC, in nanoseconds.
u64 time_at(std::string_view text);

class StatementWorld {
 public:
  // Time must go on from call to call.
  void account(u128 id, u64 at, u32 ledger = 978);
  // The event must be created; its ledger is 978 and its code 14 where they are 0.
  void transfer(ledger::Transfer event, u64 at);
  void pay(u128 id, u128 debit, u128 credit, u128 amount, u64 at, u16 flags = 0, u128 earlier = 0);
  void tick(u64 at);

  MemoryStore& store() { return store_; }
  statement::AnswerRequest answer() {
    return [this](ledger::Request& request) { return store_.answer(request); };
  }
  Result<std::optional<statement::Statement>> build(const statement::Reference& reference,
                                                    std::string_view period, u128 account);

 private:
  void apply(ledger::Request& request, u64 at);

  ReferenceLedger reference_;
  ReferenceChanges changes_;
  MemoryStore store_;
};

// Accounts 1 (the world outside) and 101 to 103, September to November 2026: money comes in and
// goes out, a hold is posted in part, one is voided, one is open, a payment is reversed.
void fill(StatementWorld& world);

}  // namespace florin::test
