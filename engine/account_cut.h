// The copying of accounts out of a cut, by those who own them, partition by partition.
#pragma once

#include <memory>
#include <vector>

#include "engine/block.h"
#include "engine/copied_bits.h"
#include "engine/cut_output.h"
#include "engine/cut_scope.h"
#include "engine/tables.h"

namespace florin::engine {

class AccountCut {
 public:
  AccountCut(Tables& tables, CutScope& scope);

  Status reserve() { return copied_.reserve(tables_.accounts.size()); }

  // The owner of the partition, between blocks. Returns how many bytes it copied or looked at.
  usize copy(u32 partition, u64 bytes_max);

  // Before a block is posted: copies the accounts that it is going to change, if they were not yet.
  // By the partition's owner, or by the one thread that owns all of them for the time.
  void before_post(Block& block, u32 partition, u32 slices);
  void before_post_all(Block& block);

  // Nobody copies, and no block is in flight.
  void abandon();

 private:
  // Belongs to the owner of the partition.
  struct alignas(128) Part {
    u32 joined = 0;    // The last cut that it takes part in, ...
    u32 finished = 0;  // ... and the last that it is done with.
    u32 next_virtual_slot = 0;
    u32 end_virtual_slot = 0;
    std::vector<u32> slots;  // Of the virtual slot before the next.
    usize next = 0;
    CutOutput in_order{CutKind::Accounts};
    CutOutput before_change{CutKind::Accounts};
  };

  void join(Part& part, u32 partition, u32 cut);
  bool all_finished(u32 cut) const;
  void enter_next_virtual_slot(Part& part);
  void prefetch(const Part& part) const;
  bool in_cut(u32 slot) const;
  CutAccount record_of(u32 slot) const;
  void save(u32 slot, Part& part, u32 cut);

  template <class Visit>
  void for_each_change(Block& block, Visit&& visit);

  Tables& tables_;
  CutScope& scope_;
  CopiedBits copied_;                         // By slot.
  std::vector<std::unique_ptr<Part>> parts_;  // By partition.
};

}  // namespace florin::engine
