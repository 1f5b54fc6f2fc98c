#include "history/hold_table.h"

namespace florin::history {

u32 HoldTable::open(const OpenHold& hold, u32 tag) {
  if (free_.empty()) return add(hold, tag);
  const u32 slot = free_.back();
  free_.pop_back();
  place(slot, hold, tag);
  return slot;
}

void HoldTable::close(u32 slot) {
  remove(slot);
  free_.push_back(slot);
}

void HoldTable::clear() {
  IdRecords::clear();
  free_.clear();
}

}  // namespace florin::history
