// The rules of transfers: what one event does, as things stand when it is its turn.
#pragma once

#include <span>

#include "engine/books.h"
#include "engine/planted.h"
#include "ledger/condition.h"

namespace florin::engine {

// One event at its turn.
struct TransferItem {
  u32 item = 0;
  u64 timestamp = 0;  // When it is decided.
  bool imported = false;
  std::span<const ledger::Condition> conditions;  // Of this event.
  ledger::TransferBalances* balances = nullptr;   // To be filled when it is created, or null.
};

// What a look-up tells of the id in this slot, or of one that has none.
ledger::TransferStatus transfer_status(const Books& books, u32 transfer);

// Belongs to the authorising thread.
class TransferRules {
 public:
  explicit TransferRules(Books& books) : books_(books) {}

  // The short way of most events: a plain transfer that nothing speaks against, between accounts
  // with nothing unusual, in no scope of the undo log, without conditions or balances to fill in.
  // False: it is not such a one, and nothing has happened; decide() says what becomes of it.
  bool move_plainly(const Block& block, u32 item, u64 timestamp);
  // Decides the event and makes its changes, the consumption of its id included; but inside a chain
  // a refusal consumes nothing, as it is going to be rolled back.
  ledger::TransferOutcome decide(const Block& block, const TransferItem& item, bool in_chain);
  // What the event answers if its id is taken, or Undecided when it is not.
  ledger::TransferOutcome existing(const Block& block, u32 item) const;
  // Marks the id as failed.
  void consume(const Block& block, const TransferItem& item, ledger::TransferOutcome outcome);

  // Releases what is due at a time, before the item is decided.
  void expire_due(u32 item, u64 now);

 private:
  // What the stored transfer has other than its event.
  struct Actual {
    u128 amount = 0;
    const ledger::Transfer* hold = nullptr;  // That it resolves: what it inherits.
    bool took_all = false;
  };
  // An event between two accounts that are known, and their balances: before it, then after it.
  struct Movement {
    const ledger::Transfer& event;
    const TransferItem& item;
    u32 debit_account;
    u32 credit_account;
    Balances debit;
    Balances credit;
  };
  struct HoldPart {
    u32 number;
    u128 captured;
    bool closes;
    ledger::PendingStatus status;
  };

  ledger::TransferOutcome check_accounts(const ItemWork& work, const ledger::Transfer& event) const;
  ledger::TransferOutcome move(const Block& block, const TransferItem& item, Actual& actual);
  ledger::TransferOutcome resolve(const Block& block, const TransferItem& item, Actual& actual);

  ledger::TransferOutcome check_original(const Block& block, u32 item, Actual& actual) const;
  ledger::TransferOutcome check_hold(const ledger::Transfer& event, u32 pending) const;
  ledger::TransferOutcome check_import(const ledger::Transfer& event, u32 debit, u32 credit) const;
  ledger::TransferOutcome check_closed(u32 debit, u32 credit) const;
  ledger::TransferOutcome check_frozen(u32 debit, u32 credit) const;
  u128 balanced_amount(const ledger::Transfer& event, const ItemWork& work) const;
  ledger::TransferOutcome check_overflow(const Movement& movement, u128 amount) const;
  ledger::TransferOutcome check_limits(const Movement& movement, u128 amount);
  bool exceeds_velocity(const Movement& movement, u128 amount);
  bool exceeds_balance(u32 account, const Balances& after, bool debited) const;
  ledger::TransferOutcome check_conditions(const Movement& movement) const;

  Movement movement_of(const ledger::Transfer& event, const TransferItem& item,
                       const HoldPart& part, const HoldState& hold) const;
  bool charge(const Movement& movement, u128 amount);
  void open_hold(const Block& block, const Movement& movement, u128 amount, bool charged);
  void release(const HoldPart& part, u32 item, u64 now);
  void give_back(const HoldState& hold, const HoldPart& part, u64 now);
  void open_accounts(const HoldState& hold);
  void store(const Block& block, const TransferItem& item, const Actual& actual);

  Books& books_;
};

inline bool TransferRules::move_plainly(const Block& block, u32 item, u64 timestamp) {
  const ItemWork& work = block.work[item];
  if (work.flags != 0 || work.shape != 0) return false;
  if (books_.tables.transfer_states[work.transfer] != 0) return false;
  const ledger::Transfer& event = block.transfer(item);
  if (!books_.account_is(work.debit, event.debit_account_id)) return false;
  if (!books_.account_is(work.credit, event.credit_account_id)) return false;
  AccountState& debit = books_.account(work.debit);
  AccountState& credit = books_.account(work.credit);
  if (debit.ledger != credit.ledger || debit.ledger != event.ledger) return false;
  constexpr u16 kAnother = AccountState::kUnusual | AccountState::kWide;
  if (((debit.status | credit.status) & kAnother) != 0 || event.amount > kNarrowMax) return false;

  // Sums of 80 bits: they cannot overflow 128.
  const u128 debits_posted = debit.narrow(Counter::DebitsPosted) + event.amount;
  const u128 credits_posted = credit.narrow(Counter::CreditsPosted) + event.amount;
  if (debits_posted > kNarrowMax || credits_posted > kNarrowMax) return false;
  const u128 slack = planted(Defect::PlainLimitBoundPassed) ? 1 : 0;
  if ((debit.flags & ledger::account_flags::kDebitsMustNotExceedCredits) != 0 &&
      debit.narrow(Counter::DebitsPending) + debits_posted >
          debit.narrow(Counter::CreditsPosted) + slack) {
    return false;
  }
  if ((credit.flags & ledger::account_flags::kCreditsMustNotExceedDebits) != 0 &&
      credit.narrow(Counter::CreditsPending) + credits_posted >
          credit.narrow(Counter::DebitsPosted)) {
    return false;
  }
  debit.set_narrow(Counter::DebitsPosted, debits_posted);
  credit.set_narrow(Counter::CreditsPosted, credits_posted);
  books_.add_transfer(work.transfer, ledger::TransferOutcome::Created, timestamp);
  if (!work.reserved) [[unlikely]]
    store(block, {item, timestamp, false, {}, nullptr}, {event.amount, nullptr, false});
  return true;
}

}  // namespace florin::engine
