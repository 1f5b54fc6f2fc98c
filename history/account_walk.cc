#include "history/account_walk.h"

#include <algorithm>

#include "history/store_keys.h"

namespace florin::history {

// The time of a change is never after that of its event, and creations come in the order of their
// times; so do events.
Result<PlaceRange> places_of_time(const StoreView& view, u64 time_min, u64 time_max) {
  PlaceRange range{{}, {~u64{0}, ~u32{0}}};
  RowCursor index = view.tables().cursor(Table::Index);
  const auto is = [&](char kind) { return index.valid() && index.key().front() == kind; };
  if (time_min != 0) {
    index.seek_for_previous(decided_key(time_min, {}).view());
    if (is(kDecidedRow)) range.first = key_place(index.key(), 9);
    RETURN_IF_ERROR(index.status());
  }
  if (time_max == 0) return range;
  // The first pack whose events are later, and the first whose creations are.
  index.seek(decided_key(time_max + 1, {}).view());
  RETURN_IF_ERROR(index.status());
  if (!is(kDecidedRow)) return range;
  const Place later_events = key_place(index.key(), 9);
  index.seek(timestamp_key(time_max + 1).view());
  RETURN_IF_ERROR(index.status());
  if (!is(kTimestampRow)) return range;
  if (index.value().size() != kPlaceKeyBytes) return StoreView::damaged(Table::Index, index.key());
  // A pack may begin with other changes than its first creation.
  range.last = std::max(later_events, key_place(index.value(), 0));
  range.last = std::max(range.last, range.first);
  // Beyond what is stored the changes in memory are looked at one by one.
  if (range.last.position > view.stored()) range.last = {~u64{0}, ~u32{0}};
  return range;
}

AccountWalk::AccountWalk(const StoreView& view, u128 account, const PlaceRange& range,
                         bool newest_first)
    : view_(view),
      account_(account),
      range_(range),
      newest_first_(newest_first),
      part_(newest_first ? Part::Memory : Part::Table),
      run_(newest_first ? view.runs().size() : 0) {}

Result<const TransferChange*> AccountWalk::next() {
  for (;;) {
    switch (part_) {
      case Part::Memory:
        if (const TransferChange* const change = next_in_memory()) return change;
        part_ = newest_first_ ? Part::Table : Part::End;
        continue;
      case Part::Table: {
        auto change = next_in_table();
        if (!change || *change != nullptr) return change;
        part_ = newest_first_ ? Part::End : Part::Memory;
        continue;
      }
      case Part::End: return nullptr;
    }
  }
}

const TransferChange* AccountWalk::next_in_memory() {
  const auto& runs = view_.runs();
  if (newest_first_) {
    for (;;) {
      for (; link_ != nullptr; link_ = link_->previous) {
        const Place& place = link_->change->place;
        if (place < range_.first) return nullptr;
        if (place >= range_.last) continue;
        const TransferChange* const change = link_->change;
        link_ = link_->previous;
        return change;
      }
      if (run_ == 0) return nullptr;
      link_ = runs[--run_]->newest_entry(account_);
    }
  }
  while (ascending_at_ == ascending_.size()) {
    if (run_ == runs.size()) return nullptr;
    ascending_.clear();
    ascending_at_ = 0;
    const EntryLink* link = runs[run_++]->newest_entry(account_);
    for (; link != nullptr; link = link->previous) {
      if (in_range(link->change->place)) ascending_.push_back(link->change);
    }
    std::reverse(ascending_.begin(), ascending_.end());
  }
  return ascending_[ascending_at_++];
}

Status AccountWalk::begin_table() {
  cursor_.emplace(view_.tables().cursor(Table::Entries));
  if (newest_first_) {
    const Place last = std::min(range_.last, Place{view_.stored(), ~u32{0}});
    cursor_->seek_for_previous(entries_key(account_, last).view());
    return read_pack_here();
  }
  // The pack that the first place is in may begin before it.
  cursor_->seek_for_previous(entries_key(account_, range_.first).view());
  if (!cursor_->valid()) {
    RETURN_IF_ERROR(cursor_->status());
    cursor_->seek(entries_key(account_, range_.first).view());
  }
  return read_pack_here();
}

Status AccountWalk::read_pack_here() {
  has_pack_ = false;
  pack_at_ = 0;
  if (!cursor_->valid()) return cursor_->status();
  const std::string_view key = cursor_->key();
  if (key.size() != kEntryKeyBytes || key_u128(key, 0) != account_) return {};
  const Place first = key_place(key, 16);
  if (first.position > view_.stored() || (!newest_first_ && first >= range_.last)) return {};
  if (!read_pack(cursor_->value(), account_, pack_)) {
    return StoreView::damaged(Table::Entries, key);
  }
  has_pack_ = true;
  return {};
}

Result<const TransferChange*> AccountWalk::next_in_table() {
  if (!cursor_.has_value()) RETURN_IF_ERROR(begin_table());
  while (has_pack_) {
    const usize size = pack_.transfers.size();
    while (pack_at_ < size) {
      const usize index = newest_first_ ? size - 1 - pack_at_ : pack_at_;
      ++pack_at_;
      const TransferChange& change = pack_.transfers[index];
      if (in_range(change.place)) return &change;
      if (newest_first_ && change.place < range_.first) return nullptr;
      if (!newest_first_ && change.place >= range_.last) return nullptr;
    }
    if (newest_first_) {
      cursor_->previous();
    } else {
      cursor_->next();
    }
    RETURN_IF_ERROR(read_pack_here());
  }
  return nullptr;
}

}  // namespace florin::history
