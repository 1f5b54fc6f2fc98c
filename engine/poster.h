// The post stage: the owner of each account books what was authorised, answers reads at their place
// in the order, and gives back reservations that came to nothing.
#pragma once

#include "base/types.h"
#include "engine/block.h"
#include "engine/tables.h"

namespace florin::engine {

class Poster {
 public:
  explicit Poster(Tables& tables) : tables_(tables) {}

  // Inline: the whole block, by one thread that owns every partition for the time.
  void post_all(Block& block);
  // Parallel: what a partition owns, on the thread that owns it.
  void post_partition(Block& block, u32 partition, u32 slices);

 private:
  // The effects of a list, applied along with ascending items.
  struct EffectCursor {
    const Effect* next;
    const Effect* end;
    // Effects that stand before the item, or with it.
    bool due(u32 item) const { return next != end && next->item <= item; }
  };
  static EffectCursor effects_of(Block& block, u32 list);
  void apply_effects(const Block& block, EffectCursor& cursor, u32 item, PartitionTotals& totals);
  void apply(const Block& block, const Effect& effect, PartitionTotals& totals);

  void post_items(Block& block, const BlockRequest& request, EffectCursor& effects);
  void post_transfers(Block& block, const BlockRequest& request, EffectCursor& effects);
  // What of a partition's lists was not posted yet, slice by slice.
  class RoleCursor;
  struct RoleCursors;
  void post_lists(Block& block, const BlockRequest& request, RoleCursors& cursors, u32 last,
                  PartitionTotals& totals);
  void post_in_order(Block& block, const BlockRequest& request, RoleCursors& cursors, u32 last,
                     EffectCursor& effects, PartitionTotals& totals);
  void post_entry(Block& block, const BlockRequest& request, const RoleEntry& entry,
                  PartitionTotals& totals);
  void book_plain_debit(const ledger::Transfer& transfer, u32 slot, PartitionTotals& totals);
  void book_plain_credit(const ledger::Transfer& transfer, u32 slot, PartitionTotals& totals);
  void book_debit(const Block& block, u32 item, PartitionTotals& totals);
  void book_credit(const Block& block, u32 item, PartitionTotals& totals);
  void open_account(const Block& block, const BlockRequest& request, u32 item,
                    PartitionTotals& totals);
  void read_account(const Block& block, const BlockRequest& request, u32 item) const;
  void read_transfer(const Block& block, const BlockRequest& request, u32 item) const;
  void release_account(const Block& block, u32 item);
  void release_transfer(const Block& block, u32 item);
  void collect_totals(Block& block, const BlockRequest& request, u32 trial_balance,
                      u32 partition) const;

  Tables& tables_;
};

// Puts the parts that the partitions found for trial balances and queries together into the
// answers. After all partitions have posted.
void merge_parts(const Tables& tables, Block& block);

}  // namespace florin::engine
