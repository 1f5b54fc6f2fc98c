// The authorise stage: the one thread that decides, in order, over the slots that resolve found. It
// applies the ledger's rules to its own dense arrays; the owners of the accounts book what it
// decided.
//
// A slot is reserved with the record of the event that first named its id. If that event is refused
// without consuming the id and a later one is accepted, the later one's body takes the record's
// place: the authoriser writes it, as it alone knows, and as later events may have to be compared
// with it.
#pragma once

#include <atomic>
#include <vector>

#include "base/types.h"
#include "engine/balances.h"
#include "engine/block.h"
#include "engine/tables.h"

namespace florin::engine {

// Belongs to the authorising thread.
class Authoriser {
 public:
  explicit Authoriser(Tables& tables) : tables_(tables), balances_(tables) {}

  // Decides every item of the block: fills in `block.outcomes` and the requests' exceptions.
  void authorise(Block& block);

  // How many objects the tables hold for good; any thread.
  u64 accounts_used() const { return accounts_used_.load(std::memory_order_acquire); }
  u64 transfers_used() const { return transfers_used_.load(std::memory_order_acquire); }
  const BalanceBook& balances() const { return balances_; }

 private:
  // A change that a chain made, to be taken back if it fails.
  struct Undo {
    enum class Kind : u8 { Counters, NewAccount, TransferState } kind;
    u32 slot;
    Balances balances;
  };
  // A chain of linked events: items [first, last). It is open if the request ended before it did.
  struct Chain {
    u32 first;
    u32 last;
    bool open;
  };
  // The member that broke a chain, and what it answers.
  struct EventFailure {
    u32 item;
    u32 outcome;
    u64 timestamp;
  };

  void authorise_request(Block& block, const BlockRequest& request);
  template <class Event>
  void authorise_events(Block& block, const BlockRequest& request);
  template <class Event>
  void authorise_chain(Block& block, const BlockRequest& request, Chain chain);
  // Decides members until one fails; `item` is `chain.last` when none does.
  template <class Event>
  EventFailure decide_chain(Block& block, const BlockRequest& request, Chain chain);
  template <class Event>
  void record_broken_chain(Block& block, const BlockRequest& request, Chain chain,
                           const EventFailure& failure);
  template <class Event>
  bool repeats_whole_chain(const Block& block, Chain chain) const;
  template <class Event>
  void record_outcome(Block& block, const BlockRequest& request, u32 item, u8 outcome);

  ledger::AccountOutcome decide(const Block& block, u32 item, u64 timestamp,
                                const ledger::Account&);
  ledger::TransferOutcome decide(const Block& block, u32 item, u64 timestamp,
                                 const ledger::Transfer& transfer);
  ledger::TransferOutcome transfer_funds(const ItemWork& work, const ledger::Transfer& transfer);
  // What the event answers if its id is taken, or Undecided when it is not.
  ledger::AccountOutcome existing(const Block& block, u32 item, const ledger::Account& event) const;
  ledger::TransferOutcome existing(const Block& block, u32 item,
                                   const ledger::Transfer& event) const;
  u64 original_timestamp(const ItemWork& work, const ledger::Account&) const;
  u64 original_timestamp(const ItemWork& work, const ledger::Transfer&) const;
  void consume(const Block& block, u32 item, u64 timestamp, ledger::TransferOutcome outcome);
  void roll_back();

  static void prefetch_ahead(const Tables& tables, const Block& block, u32 item);

  Tables& tables_;
  BalanceBook balances_;
  bool in_chain_ = false;
  std::vector<Undo> undo_;
  std::atomic<u64> accounts_used_{0};
  std::atomic<u64> transfers_used_{0};
  u64 accounts_count_ = 0;
  u64 transfers_count_ = 0;
};

}  // namespace florin::engine
