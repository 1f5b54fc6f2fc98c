// Turns what the log says into what happened: blocks of requests and what became of them, into
// changes with the balances of both accounts after each. It decides nothing and knows no rules of
// acceptance: outcome records say what was created, with which amounts, and what expired; the
// follower adds up. That makes it a second opinion: what does not add up is found at the block.
//
// Budget for a plain transfer, one thread, 10,000 accounts: 20 ns to read event and outcome, 60 ns
// for two balances, 40 ns to write the change; 150 ns in all. bench/micro/bm_follower.cc measures
// it. Memory: about 100 bytes for each account met since the start, 200 for each open hold.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "engine/account_state.h"
#include "history/account_table.h"
#include "history/change.h"
#include "history/hold_table.h"
#include "history/store.h"
#include "pipeline/log_record.h"
#include "pipeline/outcome_record.h"
#include "wal/format.h"

namespace florin::history {

// A log block that has events, and what became of them.
struct LoggedBlock {
  wal::LogEnd end;  // Of the log right behind it.
  u64 position_before = 0;
  u64 event_count = 0;
  std::span<const std::byte> body;  // Aligned to 16. Outcomes of other blocks in it do not matter.
  pipeline::OutcomeHeader outcomes;
  std::span<const std::byte> outcome_content;
};

// Belongs to one thread.
class Follower {
 public:
  // Asks `store` for accounts and holds from before `start`, where the store stands, as it meets
  // them. The seed is of no consequence for what comes out.
  Follower(Store& store, const Mark& start, engine::HashSeed seed);

  // Adds what the block did to `batch`, whose end is then behind it: the store takes batches of
  // several blocks, too, but only whole and in order. Corrupt: the block is not the next, or block,
  // outcomes and what is known do not add up; other errors: those of the store. After an error the
  // batch is of no use and the follower must restart.
  Status follow(const LoggedBlock& block, ChangeBatch& batch);

  // Forgets everything but where the store stands.
  void restart(const Mark& start);

  // Behind the last block that was followed.
  const Mark& mark() const { return mark_; }
  u64 accounts_known() const { return accounts_.size(); }
  u64 holds_known() const { return holds_.size(); }
  u64 memory_bytes() const { return accounts_.memory_bytes() + holds_.memory_bytes(); }

 private:
  using Derived = pipeline::Outcomes::Derived;

  // A request of the block; its events count from `first_event` on within the block.
  struct Request {
    pipeline::RequestRecord record;
    const std::byte* events = nullptr;
    u32 first_event = 0;
  };
  // One event at its turn.
  struct Turn {
    const Request& request;
    u32 event;  // Within the block.
    u64 position;
    u64 decided;
    u32 changes = 0;  // Of this event, so far.
    Place next_place() { return {position, changes++}; }
  };
  // Tags of the ids that an event ahead names.
  struct Ahead {
    u32 debit = 0;
    u32 credit = 0;
    u32 hold = 0;
  };

  // All of these return false, null or kNoSlot when `failure_` says why.
  bool read(const LoggedBlock& block);
  bool read_requests(const LoggedBlock& block);
  bool follow_requests(ChangeBatch& batch);
  bool follow_transfers(const Request& request, ChangeBatch& batch);
  bool follow_accounts(const Request& request, ChangeBatch& batch);
  bool follow_updates(const Request& request, ChangeBatch& batch);
  bool follow_tick(const Request& request, ChangeBatch& batch);
  bool expire_due(Turn& turn, ChangeBatch& batch);
  bool expire(Turn& turn, const pipeline::ExpiredHold& expired, ChangeBatch& batch);
  bool create_transfer(Turn& turn, const ledger::Transfer& event, ChangeBatch& batch);
  bool refuse_transfer(Turn& turn, u8 number, const ledger::Transfer& event, ChangeBatch& batch);
  bool find_accounts(const TransferChange& change, const Ahead& ahead);
  bool move_plainly(TransferChange& change);
  bool open_hold(TransferChange& change, u32 tag);
  bool resolve_hold(TransferChange& change, u32 tag);
  bool check_end(const LoggedBlock& block);
  AccountBalances* account(u128 id, u32 tag, u64 position);
  u32 hold(u128 id, u32 tag, u64 position);
  // Change the balances of the accounts that were found last, and write them into the change.
  bool add(const TransferChange& change, engine::Counter debited, engine::Counter credited);
  bool release(TransferChange& change, u128 posted);
  bool write_balances(TransferChange& change) const;

  Turn turn_of(const Request& request, u32 index);
  static void apply(const Derived& derived, ledger::Transfer& transfer);
  void fetch_index(u32 event);
  void fetch_records(u32 event) const;
  // The outcome of an event, and how a created transfer differs from its event, or null; asked in
  // order.
  u8 take_outcome(u32 event);
  const Derived* take_derived(u32 event);

  bool fail_at(u64 position, const std::string& what);
  bool fail_block(const LoggedBlock& block, const std::string& what);

  static constexpr u32 kAhead = 32;  // A power of two.

  Store& store_;
  Mark mark_;
  AccountTable accounts_;
  HoldTable holds_;
  Error failure_;

  // Of the block that is followed.
  u64 sequence_ = 0;
  std::vector<Request> requests_;
  std::vector<const ledger::Transfer*> events_;  // By event; null if it is no transfer.
  pipeline::Outcomes outcomes_;
  usize refused_ = 0;  // How many of these lists were passed.
  usize derived_ = 0;
  usize expired_ = 0;
  std::array<Ahead, kAhead> ahead_{};  // By event modulo its size.
  AccountBalances* debit_ = nullptr;   // Of the transfer at its turn.
  AccountBalances* credit_ = nullptr;
};

}  // namespace florin::history
