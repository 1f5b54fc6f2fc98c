#include "history/hold_table.h"

namespace florin::history {

u32 HoldTable::open(const OpenHold& hold, u32 tag) {
  u32 slot = used_;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    if (used_ % kChunk == 0) {
      chunks_.push_back(std::make_unique_for_overwrite<OpenHold[]>(kChunk));
    }
    ++used_;
  }
  at(slot) = hold;
  slots_.insert(tag, slot);
  return slot;
}

void HoldTable::close(u32 slot) {
  slots_.erase(slots_.tag_of(at(slot).transfer.id), slot);
  free_.push_back(slot);
}

void HoldTable::clear() {
  slots_.clear();
  chunks_.clear();
  free_.clear();
  used_ = 0;
}

u64 HoldTable::memory_bytes() const {
  return slots_.memory_bytes() + chunks_.size() * kChunk * sizeof(OpenHold) +
         free_.capacity() * sizeof(u32);
}

}  // namespace florin::history
