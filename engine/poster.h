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
  void post_transfers(Block& block, const BlockRequest& request);
  void post_entry(Block& block, const BlockRequest& request, const RoleEntry& entry,
                  PartitionTotals& totals);
  void book_debit(const ledger::Transfer& transfer, u32 slot, PartitionTotals& totals);
  void book_credit(const ledger::Transfer& transfer, u32 slot, PartitionTotals& totals);
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

// Puts the parts of the block's trial balances together into the answers. After all partitions have
// posted.
void merge_trial_balances(Block& block, u32 partitions);

}  // namespace florin::engine
