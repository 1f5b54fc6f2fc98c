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
#include <span>

#include "base/types.h"
#include "engine/account_rules.h"
#include "engine/books.h"
#include "engine/past.h"
#include "engine/transfer_rules.h"

namespace florin::engine {

// Belongs to the authorising thread.
class Authoriser {
 public:
  explicit Authoriser(Tables& tables)
      : tables_(tables), books_(tables), accounts_(books_), transfers_(books_) {}

  // Who knows what is not in memory, or null.
  void set_past(const Past* past) { past_ = past; }

  // Decides every item of the block: fills in `block.outcomes`, the requests' exceptions and what
  // else of their answers only the authoriser knows, and the block's effects in `lists` lists: one
  // for each partition, or one in all.
  void authorise(Block& block, u32 lists);

  // How many objects the tables hold for good; any thread.
  u64 accounts_used() const { return accounts_used_.load(std::memory_order_acquire); }
  u64 transfers_used() const { return transfers_used_.load(std::memory_order_acquire); }
  u64 transfers_in_memory() const { return transfers_in_memory_.load(std::memory_order_acquire); }
  u64 updates_used() const { return updates_used_.load(std::memory_order_acquire); }
  // The soonest deadline of an open hold, or kNoDeadline; any thread.
  u64 next_deadline() const { return next_deadline_.load(std::memory_order_acquire); }
  const Books& books() const { return books_; }
  // For those who fill the books themselves, and then say so.
  Books& books() { return books_; }
  void publish();

 private:
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
  // The conditions of a request, walked along with its ascending items.
  class ConditionCursor {
   public:
    explicit ConditionCursor(const ledger::Request& request) : rest_(request.all_conditions()) {}
    std::span<const ledger::Condition> of(u32 index);

   private:
    std::span<const ledger::Condition> rest_;
  };

  void begin_block(Block& block, u32 lists);
  void end_block(Block& block);
  void authorise_request(Block& block, const BlockRequest& request);
  void try_out(Block& block, const BlockRequest& request);
  template <class Event>
  void authorise_events(Block& block, const BlockRequest& request);
  template <class Event>
  void authorise_chain(Block& block, const BlockRequest& request, ConditionCursor& conditions,
                       Chain chain);
  // Decides members until one fails; `item` is `chain.last` when none does.
  template <class Event>
  EventFailure decide_chain(Block& block, const BlockRequest& request, ConditionCursor& conditions,
                            Chain chain);
  template <class Event>
  void break_chain(Block& block, const BlockRequest& request, Chain chain,
                   const EventFailure& failure);
  template <class Event>
  bool repeats_whole_chain(const Block& block, Chain chain) const;
  template <class Event>
  void record_outcome(Block& block, const BlockRequest& request, u32 item, u8 outcome);
  void read_transfers(Block& block, const BlockRequest& request);
  void read_limits(Block& block, const BlockRequest& request);

  // Decides the event at its turn, by its kind.
  template <class Event>
  u8 decide(Block& block, const BlockRequest& request, ConditionCursor& conditions, u32 item,
            bool in_chain);
  template <class Event>
  u8 existing(const Block& block, u32 item) const;
  template <class Event>
  void consume(Block& block, const BlockRequest& request, const EventFailure& failure);
  template <class Event>
  u64 original_timestamp(const Block& block, u32 item) const;
  void expire_due(const BlockRequest& request, u32 item);

  // Whether plain transfers of the request can go the short way.
  static bool is_ordinary(const BlockRequest& request);

  template <class Event>
  void prefetch_ahead(const Block& block, u32 item);
  void prefetch_hold(const Block& block, u32 item) const;
  void prefetch_limits(const Block& block, u32 item) const;

  Tables& tables_;
  const Past* past_ = nullptr;
  Books books_;
  AccountRules accounts_;
  TransferRules transfers_;
  u32 holds_until_ = 0;  // The last item of the block known to name an earlier transfer.
  std::atomic<u64> accounts_used_{0};
  std::atomic<u64> transfers_used_{0};
  std::atomic<u64> transfers_in_memory_{0};
  std::atomic<u64> updates_used_{0};
  std::atomic<u64> next_deadline_{kNoDeadline};
};

}  // namespace florin::engine
