// The resolve stage: finds the slots of the accounts and ids that a block's items name, and
// reserves slots for new ones. It never decides: it runs ahead of decisions still to be made on
// earlier blocks, so a slot it finds may belong to an object that is not, or never will be,
// created.
#pragma once

#include "base/types.h"
#include "engine/block.h"
#include "engine/tables.h"

namespace florin::engine {

class Resolver {
 public:
  explicit Resolver(Tables& tables) : tables_(tables) {}

  // Inline: all items of the block, by one thread that owns every partition for the time.
  void resolve_all(Block& block);

  // Parallel, first half: checks the shape of the items of a slice (of `slices` equal parts) and
  // lists each look-up with the partition that has to make it. Any thread; slices are independent.
  void route(Block& block, u32 slice, u32 slices);
  // Parallel, second half: makes the look-ups of a partition, on the thread that owns it, after all
  // slices of the block are routed.
  void resolve_partition(Block& block, u32 partition, u32 slices);

 private:
  struct TransferHashes {
    IdHash debit;
    IdHash credit;
    IdHash id;
    IdHash earlier;  // Of `pending_id`, where there is one to look up.
  };

  void resolve_transfers(Block& block, u32 first_request, u32 last_request);
  void hash_transfer(Block& block, u32 item, const BlockRequest& request, TransferHashes& hashes);
  void find_candidates(Block& block, u32 item, const BlockRequest& request,
                       const TransferHashes& hashes);
  void confirm_candidates(Block& block, u32 item, const TransferHashes& hashes);
  void resolve_accounts(Block& block, const BlockRequest& request);
  void resolve_updates(Block& block, const BlockRequest& request);
  void resolve_reads(Block& block, const BlockRequest& request);
  void route_request(Block& block, const BlockRequest& request, u32 slice, u32 first, u32 last);
  void add_role(Block& block, u32 slice, u32 item, Role role, u128 id);
  void resolve_entry(Block& block, const RoleEntry& entry, const BlockRequest& request);
  void route_transfer(Block& block, const BlockRequest& request, u32 slice, u32 item);

  // Finds or reserves the slot of a transfer's id. In the order of items within a partition.
  void locate_transfer(Block& block, u32 item, IdHash hash, const BlockRequest& request);
  void find_earlier(Block& block, u32 item, IdHash hash) const;
  void confirm_earlier(Block& block, u32 item, IdHash hash) const;
  void locate_new_account(Block& block, u32 item, IdHash hash);

  Tables& tables_;
};

}  // namespace florin::engine
