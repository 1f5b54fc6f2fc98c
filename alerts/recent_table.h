// A table of values by 128-bit id that has at most so many: for a new one beyond that, the one that
// was not used for longest is thrown out. Which one that is follows from how the table was used,
// and from nothing else.
#pragma once

#include <span>
#include <vector>

#include "base/check.h"
#include "base/prefetch.h"
#include "base/types.h"
#include "engine/id_hash.h"

namespace florin::alerts {

// Belongs to one thread. Takes 32 bytes and a value for each entry that it has.
template <class Value>
class RecentTable {
 public:
  // The seed keeps others from choosing ids that collide; what is found does not depend on it.
  RecentTable(u32 entries_max, engine::HashSeed seed)
      : entries_max_(entries_max), seed_(seed), heads_(kHeadsFirst, kNone) {
    CHECK(entries_max > 0 && entries_max < kNone);
  }

  u32 size() const { return static_cast<u32>(slots_.size()); }
  bool is_full() const { return slots_.size() == entries_max_; }

  // The value, which is now the one used last; null when there is none. Valid until the next `add`.
  Value* find(u128 id) {
    for (u32 slot = heads_[head(id)]; slot != kNone; slot = slots_[slot].chain) {
      if (slots_[slot].id != id) continue;
      if (slot != newest_) {
        unlink(slot);
        link_newest(slot);
      }
      return &slots_[slot].value;
    }
    return nullptr;
  }

  // The same, without counting as a use.
  const Value* peek(u128 id) const {
    for (u32 slot = heads_[head(id)]; slot != kNone; slot = slots_[slot].chain) {
      if (slots_[slot].id == id) return &slots_[slot].value;
    }
    return nullptr;
  }

  // What would be thrown out next. The table is not empty.
  const Value& oldest() const { return slots_[oldest_].value; }

  // Of an id that is not there.
  Value& add(u128 id) {
    u32 slot = size();
    if (is_full()) {
      slot = oldest_;
      unlink(slot);
      unchain(slot);
    } else {
      slots_.emplace_back();
      links_.emplace_back();
      if (slots_.size() > heads_.size()) make_heads(2 * heads_.size());
    }
    slots_[slot].id = id;
    slots_[slot].value = Value{};
    chain(slot);
    link_newest(slot);
    return slots_[slot].value;
  }

  // These ids will be asked for: what finding them looks at is fetched, step by step, for all of
  // them together.
  void fetch(std::span<const u128> ids) const {
    for (const u128 id : ids) prefetch_line(&heads_[head(id)]);
    for (const u128 id : ids) {
      const u32 slot = heads_[head(id)];
      if (slot == kNone) continue;
      prefetch_line(&slots_[slot]);
      prefetch_line(&links_[slot]);
    }
    for (const u128 id : ids) {
      const u32 slot = heads_[head(id)];
      if (slot == kNone) continue;
      const Link& link = links_[slot];
      if (link.newer != kNone) prefetch_line(&links_[link.newer]);
      if (link.older != kNone) prefetch_line(&links_[link.older]);
    }
  }

  // Calls visit(id, value) for each, from the one not used for longest on: added in this order,
  // they make the same table again.
  template <class Visit>
  void each(Visit&& visit) const {
    for (u32 slot = oldest_; slot != kNone; slot = links_[slot].newer) {
      visit(slots_[slot].id, slots_[slot].value);
    }
  }

 private:
  static constexpr u32 kNone = ~u32{0};
  static constexpr usize kHeadsFirst = 64;  // A power of two, as are later sizes.

  struct Slot {
    u128 id = 0;
    Value value{};
    u32 chain = kNone;  // The next one with the same head.
  };
  // Apart from the slots: an entry that is used changes those of its neighbours too.
  struct Link {
    u32 newer = kNone;
    u32 older = kNone;
  };

  usize head(u128 id) const {
    const u64 mixed = engine::multiply_fold(low_half(id) ^ seed_.low, high_half(id) ^ seed_.high);
    return mixed & (heads_.size() - 1);
  }

  void chain(u32 slot) {
    u32& first = heads_[head(slots_[slot].id)];
    slots_[slot].chain = first;
    first = slot;
  }

  void unchain(u32 slot) {
    u32* link = &heads_[head(slots_[slot].id)];
    while (*link != slot) link = &slots_[*link].chain;
    *link = slots_[slot].chain;
  }

  // The newest slot has no id yet, and is chained by `add`.
  void make_heads(usize count) {
    heads_.assign(count, kNone);
    for (u32 slot = 0; slot + 1 < size(); ++slot) chain(slot);
  }

  void unlink(u32 slot) {
    const Link here = links_[slot];
    (here.older == kNone ? oldest_ : links_[here.older].newer) = here.newer;
    (here.newer == kNone ? newest_ : links_[here.newer].older) = here.older;
  }

  void link_newest(u32 slot) {
    links_[slot] = {kNone, newest_};
    (newest_ == kNone ? oldest_ : links_[newest_].newer) = slot;
    newest_ = slot;
  }

  u32 entries_max_;
  engine::HashSeed seed_;
  std::vector<u32> heads_;
  std::vector<Slot> slots_;
  std::vector<Link> links_;  // Of each slot.
  u32 oldest_ = kNone;
  u32 newest_ = kNone;
};

}  // namespace florin::alerts
