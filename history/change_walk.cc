#include "history/change_walk.h"

#include <algorithm>

#include "history/store_keys.h"

namespace florin::history {

namespace {

Place first_place(const ChunkView& chunk) {
  if (chunk.transfers.empty()) return chunk.others.front().place;
  if (chunk.others.empty()) return chunk.transfers.front().place;
  return std::min(chunk.transfers.front().place, chunk.others.front().place);
}

u64 first_decided(const ChunkView& chunk) {
  if (chunk.transfers.empty()) return chunk.others.front().decided;
  if (chunk.others.empty()) return chunk.transfers.front().decided;
  return std::min(chunk.transfers.front().decided, chunk.others.front().decided);
}

}  // namespace

ChangeWalk::ChangeWalk(const StoreView& view)
    : view_(view), cursor_(view.tables().cursor(Table::Changes)) {
  for (const auto& run : view.runs()) {
    for (ChunkView& chunk : run->chunks()) {
      if (!chunk.transfers.empty() || !chunk.others.empty()) chunks_.push_back(chunk);
    }
  }
}

// To the last chunk for which `begins` is true: it is for all chunks up to some one, those left out
// for which it has no answer.
template <class Begins>
bool ChangeWalk::seek_memory(Begins&& begins) {
  for (usize chunk = chunks_.size(); chunk-- > 0;) {
    if (!begins(chunks_[chunk])) continue;
    stand_in_memory(chunk);
    return true;
  }
  return false;
}

Status ChangeWalk::seek(const Place& place) {
  if (seek_memory([&](const ChunkView& chunk) { return first_place(chunk) <= place; })) return {};
  return seek_table(place);
}

Status ChangeWalk::seek_decided(u64 decided) {
  if (seek_memory([&](const ChunkView& chunk) { return first_decided(chunk) <= decided; })) {
    return {};
  }
  // The row's place comes from its key: the last pack that begins at this time or before.
  RowCursor index = view_.tables().cursor(Table::Index);
  index.seek_for_previous(decided_key(decided, {~u64{0}, ~u32{0}}).view());
  if (!index.valid()) {
    RETURN_IF_ERROR(index.status());
    return seek_table({});
  }
  if (index.key().front() != kDecidedRow) return seek_table({});
  return seek_table(key_place(index.key(), 9));
}

Status ChangeWalk::seek_number(u64 number) {
  const auto begins = [&](const ChunkView& chunk) {
    return !chunk.created.empty() && chunk.transfers[chunk.created.front()].number <= number;
  };
  if (seek_memory(begins)) return {};
  return seek_by_index(number_key(number));
}

Status ChangeWalk::skip_to_number(u64 number) {
  const bool has_created =
      std::any_of(transfers_.begin(), transfers_.end(), [](const TransferChange& change) {
        return change.kind == ledger::ChangeKind::TransferCreated;
      });
  return has_created ? Status() : seek_number(number);
}

Status ChangeWalk::seek_timestamp(u64 timestamp) {
  const auto begins = [&](const ChunkView& chunk) {
    return !chunk.created.empty() &&
           chunk.transfers[chunk.created.front()].transfer.timestamp <= timestamp;
  };
  if (seek_memory(begins)) return {};
  return seek_by_index(timestamp_key(timestamp));
}

Status ChangeWalk::seek_by_index(const Key& key) {
  RowCursor index = view_.tables().cursor(Table::Index);
  index.seek_for_previous(key.view());
  if (!index.valid()) RETURN_IF_ERROR(index.status());
  if (!index.valid() || index.key().front() != key.view().front()) return seek_table({});
  if (index.value().size() != kPlaceKeyBytes) return StoreView::damaged(Table::Index, index.key());
  return seek_table(key_place(index.value(), 0));
}

Status ChangeWalk::seek_table(const Place& place) {
  const Place last{view_.stored(), ~u32{0}};
  cursor_.seek_for_previous(changes_key(std::min(place, last)).view());
  if (!cursor_.valid()) {
    RETURN_IF_ERROR(cursor_.status());
    cursor_.seek_to_first();
  }
  return stand_in_table(false);
}

// The cursor was moved: reads its pack, or, behind the last one that counts, goes on in memory.
Status ChangeWalk::stand_in_table(bool backwards) {
  if (!cursor_.valid()) RETURN_IF_ERROR(cursor_.status());
  if (!cursor_.valid() || key_place(cursor_.key(), 0).position > view_.stored()) {
    place_ = At::Nowhere;
    if (!backwards && !chunks_.empty()) stand_in_memory(0);
    return {};
  }
  if (!read_pack(cursor_.value(), 0, pack_)) {
    return StoreView::damaged(Table::Changes, cursor_.key());
  }
  place_ = At::Table;
  transfers_ = pack_.transfers;
  others_ = pack_.others;
  return {};
}

void ChangeWalk::stand_in_memory(usize chunk) {
  place_ = At::Memory;
  chunk_ = chunk;
  transfers_ = chunks_[chunk].transfers;
  others_ = chunks_[chunk].others;
}

Status ChangeWalk::next() {
  if (place_ == At::Table) {
    cursor_.next();
    return stand_in_table(false);
  }
  if (place_ == At::Memory && chunk_ + 1 < chunks_.size()) {
    stand_in_memory(chunk_ + 1);
  } else {
    place_ = At::Nowhere;
  }
  return {};
}

Status ChangeWalk::previous() {
  if (place_ == At::Memory) {
    if (chunk_ > 0) {
      stand_in_memory(chunk_ - 1);
      return {};
    }
    cursor_.seek_for_previous(changes_key({view_.stored(), ~u32{0}}).view());
    return stand_in_table(true);
  }
  if (place_ == At::Nowhere) return {};
  cursor_.previous();
  return stand_in_table(true);
}

}  // namespace florin::history
