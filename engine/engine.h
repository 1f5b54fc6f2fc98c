// The ledger in memory, and the stages that work on blocks of requests. It has no thread, clock,
// file or socket: whoever owns it calls the stages in the order of blocks, either all at once on
// one thread (run_inline) or each on its own thread, and reports progress between them.
//
// Outcomes are a function of the order of requests and their timestamps alone: not of blocks,
// partitions, threads or timing.
#pragma once

#include <memory>

#include "base/limits.h"
#include "base/result.h"
#include "engine/authoriser.h"
#include "engine/block.h"
#include "engine/cut.h"
#include "engine/cut_buffer.h"
#include "engine/past.h"
#include "engine/poster.h"
#include "engine/resolver.h"
#include "engine/retirement.h"
#include "engine/tables.h"

namespace florin::engine {

// Of the whole state, what left memory included: equal digests prove equal ledgers, whatever the
// partitions, slots, seeds and windows.
struct StateDigest {
  u128 accounts = 0;   // With their limits and what is used of them.
  u128 transfers = 0;  // With what is left of holds.
  u128 updates = 0;
  friend bool operator==(const StateDigest&, const StateDigest&) = default;
};

class Engine {
 public:
  // Errors: InvalidArgument when a limit cannot be, NoSpace when memory cannot be reserved.
  static Result<std::unique_ptr<Engine>> create(const Limits& limits, u32 partitions,
                                                u64 hash_seed);

  // One thread that owns every partition and the authoriser for the time: resolve, authorise, post.
  void run_inline(Block& block);

  // The same in stages. For each block: route every slice (any threads), then resolve every
  // partition (each on its owner), then authorise (one thread), then post every partition (each on
  // its owner). Each stage sees blocks in order; different stages may work on different blocks at
  // once.
  void route(Block& block, u32 slice) { resolver_.route(block, slice, partitions()); }
  void resolve(Block& block, u32 partition) {
    resolver_.resolve_partition(block, partition, partitions());
  }
  void authorise(Block& block) {
    cut_.before_authorise();
    authoriser_.authorise(block, partitions());
  }
  void post(Block& block, u32 partition) {
    cut_.before_post(block, partition, partitions());
    poster_.post_partition(block, partition, partitions());
  }
  // Completes the answers of a posted block.
  void finish(Block& block) { merge_parts(*tables_, block); }

  u32 partitions() const { return static_cast<u32>(tables_->partitions.size()); }
  // What there ever was (not reservations in flight). Any thread.
  u64 accounts_used() const { return authoriser_.accounts_used(); }
  u64 transfers_used() const { return authoriser_.transfers_used(); }
  // Of these, those in memory: what Limits::transfers_max is about. Any thread.
  u64 transfers_in_memory() const { return authoriser_.transfers_in_memory(); }
  u64 updates_used() const { return authoriser_.updates_used(); }
  // When the next hold expires, in nanoseconds of logged time, or kNoDeadline. Any thread.
  u64 next_deadline() const { return authoriser_.next_deadline(); }

  // From now on memory is a window of transfers and consumed ids: what leaves it (see retire) is
  // found again in `past`, which must outlive the engine. Null: nothing ever leaves. Before any
  // block, and after a state was loaded; `decided_by` is then the position of the last event in it.
  void set_past(Past* past, Position decided_by = Position{});
  // Forgets the oldest ids that were decided at or before `durable`, up to which the past has
  // everything: about `ids_max` at once, and says how many; 0 = there is nothing to forget. Open
  // holds stay, and what changed since; what came back and did not change goes however far the past
  // is. The core thread, when no block is in flight anywhere.
  u64 retire(Position durable, u64 ids_max);
  // About how many ids that would find; 0 = none, or very few. The core thread, at any time.
  u64 retirable(Position durable) const { return retirement_.retirable(durable.value); }

  // A cut: an exact copy of the state between two blocks, made while blocks run. Every `copy_…`
  // fills buffers and hands them over, about `bytes_max` bytes of work, and returns how many bytes
  // it copied or looked at. 0: it is done, or there is no cut, or no buffer is free, so that it is
  // to be called again; that is cheap. What becomes of the buffers must not depend on the copying.
  //
  // Begins one. The core thread, when no block is in flight anywhere; requires that none is active.
  void begin_cut(CutBuffers& buffers) { cut_.begin(buffers); }
  // Accounts: the owner of the partition, whenever it is not within a stage of a block.
  usize copy_cut(u32 partition, u64 bytes_max) { return cut_.copy_accounts(partition, bytes_max); }
  // What the authoriser knows: the thread that authorises, between blocks.
  usize copy_cut_books(u64 bytes_max) { return cut_.copy_books(bytes_max); }
  // What never changes any more: one thread, at any time.
  usize copy_cut_history(u64 bytes_max) { return cut_.copy_history(bytes_max); }
  // Whether everything was handed over. Any thread.
  bool cut_copied() const { return cut_.copied(); }
  // The core thread: when all was copied, at any time; or to abandon a cut, when no block is in
  // flight and nobody is within a `copy_…`.
  void end_cut() { cut_.end(); }

  // Makes the memory for this many objects present ahead of use. Any thread.
  void touch(u64 accounts, u64 transfers) const { tables_->touch(accounts, transfers); }
  const Tables& tables() const { return *tables_; }

  // The following need that no block is in flight.
  const Books& books() const { return authoriser_.books(); }
  StateDigest digest() const;
  // Whether the authoriser's counters and flags equal the owners', open holds add up to the pending
  // counters, no account is beyond a limit that never changed, debits equal credits in every
  // ledger, and the transfers and ids in memory are those that should be. The error says where they
  // do not: that is a bug.
  Status verify() const;

 private:
  friend class StateLoader;
  explicit Engine(std::unique_ptr<Tables> tables);

  std::unique_ptr<Tables> tables_;
  Resolver resolver_;
  Authoriser authoriser_;
  Poster poster_;
  Cut cut_;
  Retirement retirement_;
  std::vector<Effect> inline_effects_;
};

}  // namespace florin::engine
