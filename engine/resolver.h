// The resolve stage: finds the slots of the accounts and ids that a block's items name, and
// reserves slots for new ones, and for those that it finds in the past. It never decides: it runs
// ahead of decisions still to be made on earlier blocks, so a slot it finds may belong to an object
// that is not, or never will be, created.
#pragma once

#include <vector>

#include "base/types.h"
#include "engine/block.h"
#include "engine/past.h"
#include "engine/tables.h"

namespace florin::engine {

class Resolver {
 public:
  explicit Resolver(Tables& tables) : tables_(tables), recalls_(tables.partitions.size()) {}

  // Who knows what is not in memory, or null.
  void set_past(Past* past) { past_ = past; }

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
  RoleLists& roles_of(Block& block, u32 slice, IdHash hash) const;
  void add_role(Block& block, u32 slice, u32 item, Role role, u128 id);
  // Looks up the debit accounts of a list, or the credit accounts.
  template <u32 ItemWork::*kSlot, u128 ledger::Transfer::*kId>
  void resolve_sides(Block& block, const std::vector<RoleEntry>& entries) const;
  void resolve_entry(Block& block, const RoleEntry& entry, const BlockRequest& request,
                     u32 partition);
  void route_transfer(Block& block, const BlockRequest& request, u32 slice, u32 item);

  // What an id is to the item that names it.
  enum class Named : u8 {
    Reserved,  // Its own, for which a slot was reserved.
    Refused,   // Its own, but it has no slot, as the event's shape lets it consume nothing.
    Earlier,   // That of an earlier transfer.
  };
  // An id that is not in memory, and that the past may have.
  struct Recall {
    u128 id;
    IdHash hash;
    u32 item;
    Named named;
  };
  // Those of the pass over a block that is under way, and what was found of them.
  struct alignas(128) Recalls {
    std::vector<Recall> wanted;
    std::vector<u128> ids;
    std::vector<PastTransfer> found;
  };

  // Finds or reserves the slot of a transfer's id. In the order of items within a partition, as the
  // next; `list`: of the recalls, and of the block's revived.
  void locate_transfer(Block& block, u32 item, IdHash hash, const BlockRequest& request, u32 list);
  void find_earlier(Block& block, u32 item, IdHash hash, u32 list);
  void confirm_earlier(Block& block, u32 item, IdHash hash, u32 list);
  void locate_new_account(Block& block, u32 item, IdHash hash);

  // An id was not in memory: asks for it at the end of the pass, if the past may have it.
  void want(u32 list, u128 id, IdHash hash, u32 item, Named named) {
    if (past_ == nullptr || !tables_.has_left) [[likely]]
      return;
    if (past_->may_have(id)) [[unlikely]]
      recalls_[list].wanted.push_back({id, hash, item, named});
  }
  void recall(Block& block, u32 list);
  // The slot that the id has from now on, or kNoSlot when it was taken back for another item.
  u32 slot_for(Block& block, const Recall& wanted);
  void take_back(Block& block, u32 list, const Recall& wanted, const PastTransfer& found);

  Tables& tables_;
  Past* past_ = nullptr;
  std::vector<Recalls> recalls_;  // By partition; of a block that one thread executes the first.
};

}  // namespace florin::engine
