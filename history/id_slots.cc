#include "history/id_slots.h"

#include "base/check.h"

namespace florin::history {

void IdSlots::place(u64 entry) {
  usize place = (entry >> 32) & mask();
  while (entries_[place] != 0) place = (place + 1) & mask();
  entries_[place] = entry;
}

void IdSlots::insert(u32 tag, u32 slot) {
  if ((count_ + 1) * 10 > entries_.size() * 7) [[unlikely]]
    grow();
  place((u64{tag} << 32) | (u64{slot} + 1));
  ++count_;
}

// Entries behind the gap move up, so that no probe ends before it should.
void IdSlots::erase(u32 tag, u32 slot) {
  const u64 wanted = (u64{tag} << 32) | (u64{slot} + 1);
  usize gap = tag & mask();
  while (entries_[gap] != wanted) {
    CHECK(entries_[gap] != 0);
    gap = (gap + 1) & mask();
  }
  for (usize next = (gap + 1) & mask(); entries_[next] != 0; next = (next + 1) & mask()) {
    const usize home = (entries_[next] >> 32) & mask();
    // Whether the gap lies on the way from its home to where it stands.
    if (((next - home) & mask()) < ((next - gap) & mask())) continue;
    entries_[gap] = entries_[next];
    gap = next;
  }
  entries_[gap] = 0;
  --count_;
}

void IdSlots::clear() {
  entries_.assign(kEntriesLeast, 0);
  entries_.shrink_to_fit();
  count_ = 0;
}

void IdSlots::grow() {
  std::vector<u64> smaller(entries_.size() * 2);
  smaller.swap(entries_);
  for (const u64 entry : smaller) {
    if (entry != 0) place(entry);
  }
}

}  // namespace florin::history
