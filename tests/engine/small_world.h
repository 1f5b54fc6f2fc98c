// A small prepared state in which every rule is near: limits with room for one more, holds that are
// open, closed in each way, and about to expire. Any number of copies live in one ledger, one after
// the other, with ids and times of their own.
#pragma once

#include <functional>
#include <vector>

#include "tests/support/owned_request.h"

namespace florin::test {

class SmallWorld {
 public:
  // Amounts are what they are so that one more debit, or credit, of 1 passes each limit, and a
  // second does not.
  enum class Account : u8 {
    Spender,  // Limits of velocity (sum and count) and of a single transfer.
    Bounded,  // debits_must_not_exceed_credits, with an overdraft limit.
    Cash,     // credits_must_not_exceed_debits, with a maximum balance.
    Bank,     // No limits.
    Foreign,  // Of another ledger.
    Closing,  // Closed until its closing hold expires, with the due one.
    Missing,  // Does not exist.
  };
  enum class Transfer : u8 {
    Plain,       // Bank to Bounded.
    OpenHold,    // 2 from Bounded to Spender, without end, with user data.
    DueHold,     // 2 from Spender to Bounded, expires at due_ns().
    VoidedHold,  // Resolved by Void.
    Void,
    PostedHold,  // Resolved by Post.
    Post,
    ExpiredHold,
    PartialHold,  // 3 from Bank to Spender, of which PartialPost took 1.
    PartialPost,
    Failed,       // Its id was consumed by a refusal.
    ClosingHold,  // From Bank to Closing.
    Missing,      // Does not exist.
  };
  static constexpr u32 kEventsMax = 8;

  // The n-th copy of a ledger.
  explicit SmallWorld(u64 number);

  u128 account(Account which) const { return base_ + 1 + static_cast<u32>(which); }
  u128 transfer(Transfer which) const { return base_ + 1 + static_cast<u32>(which); }
  // Of the events of a test.
  u128 event_id(u32 index) const { return base_ + 40 + index; }
  // The accounts of the prepared transfer.
  struct Sides {
    Account debit;
    Account credit;
  };
  static Sides sides_of(Transfer which);

  // When DueHold and, 1 ns later, ClosingHold expires: after the preparation, before the next copy.
  u64 due_ns() const;
  // Imported events may be from this time on, and until due_ns().
  u64 prepared_ns() const;

  // Calls ask(request, time) for the requests that prepare it.
  void prepare(const std::function<void(OwnedRequest, u64)>& ask) const;
  // Look-ups of all that the world, and the events of a test, may have changed. The first has no
  // ids of its own: it shows what stands before its place in a block.
  std::vector<OwnedRequest> lookups() const;

 private:
  ledger::Transfer move(Transfer which, Sides sides, u128 amount, u16 flags = 0) const;
  ledger::Transfer resolve(Transfer which, Transfer hold, u128 amount, u16 flags) const;
  std::vector<ledger::Account> accounts() const;
  std::vector<ledger::AccountUpdate> updates() const;
  std::vector<ledger::Transfer> transfers() const;

  u128 base_;
  u64 start_ns_;
};

}  // namespace florin::test
