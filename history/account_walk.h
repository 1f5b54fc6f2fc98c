// Goes through the changes of one account, oldest or newest first.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "history/store_view.h"

namespace florin::history {

// Which places the walk is to go through: [first, last), however many changes there are.
struct PlaceRange {
  Place first;
  Place last;
};

// Where the changes can be whose time (see history/movement.h) is not before `time_min` and not
// after `time_max`; 0: any. Others may be in the range too.
Result<PlaceRange> places_of_time(const StoreView& view, u64 time_min, u64 time_max);

// Belongs to one thread, and must not outlive its view.
class AccountWalk {
 public:
  AccountWalk(const StoreView& view, u128 account, const PlaceRange& range, bool newest_first);

  // The next change, or null at the end; valid until the next call. Of the balances only those of
  // the account are there, and nothing that a pack of entries leaves out.
  Result<const TransferChange*> next();

 private:
  enum class Part : u8 { Memory, Table, End };

  bool in_range(const Place& place) const { return place >= range_.first && place < range_.last; }
  const TransferChange* next_in_memory();
  Status begin_table();
  Status read_pack_here();
  Result<const TransferChange*> next_in_table();

  const StoreView& view_;
  const u128 account_;
  const PlaceRange range_;
  const bool newest_first_;
  Part part_;

  // In memory: newest first by the links, oldest first from a list of them.
  usize run_ = 0;
  const EntryLink* link_ = nullptr;
  std::vector<const TransferChange*> ascending_;
  usize ascending_at_ = 0;

  std::optional<RowCursor> cursor_;
  Pack pack_;
  bool has_pack_ = false;
  usize pack_at_ = 0;  // How many of the pack were looked at.
};

}  // namespace florin::history
