#include "history/cut_copy.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <fmt/core.h>

#include "history/change_codec.h"
#include "history/rocks_store.h"
#include "history/rocks_tables.h"
#include "history/row_codec.h"
#include "history/store_keys.h"
#include "history/store_view.h"

namespace florin::history {

namespace {

constexpr u64 kRunChanges = 256 * 1024;

class CutCopy {
 public:
  CutCopy(const RocksTables& from, RocksStore& to, const Mark& mark)
      : from_(from), to_(to), mark_(mark) {}

  Status run();

 private:
  bool is_beyond(const Place& place) const { return place.position > mark_.log.position.value; }
  Status read_consumed_ids();
  Status copy_changes();
  Status copy_pack(const Pack& pack);
  Status append(ChangeBatch&& batch);
  Status write_closed();
  Status check_counts() const;

  const RocksTables& from_;
  RocksStore& to_;
  const Mark& mark_;
  std::vector<ConsumedId> consumed_;  // Ascending by place.
  usize consumed_taken_ = 0;
  u64 created_ = 0;
  u64 accounts_ = 0;
};

Status CutCopy::run() {
  RETURN_IF_ERROR(read_consumed_ids());
  RETURN_IF_ERROR(copy_changes());
  // The last batch has no changes but the end: ids that were consumed behind the last change.
  ChangeBatch rest;
  rest.end = mark_;
  rest.consumed.assign(consumed_.begin() + static_cast<std::ptrdiff_t>(consumed_taken_),
                       consumed_.end());
  RETURN_IF_ERROR(check_counts());
  RETURN_IF_ERROR(append(std::move(rest)));
  to_.seal();
  return write_closed();
}

// They stand by id; the store takes them by place.
Status CutCopy::read_consumed_ids() {
  RowCursor cursor = from_.cursor(Table::Ids, true);
  std::vector<IdRow> rows;
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    if (!read_parts(cursor.value(), rows)) {
      return StoreView::damaged(Table::Ids, cursor.key());
    }
    const u128 group = make_u128(key_u64(cursor.key(), 0), key_u64(cursor.key(), 8, 7) << 8);
    for (const IdRow& row : rows) {
      if (row.outcome == 0 || is_beyond(row.place)) continue;
      consumed_.push_back({group | row.last_byte, row.place, 0, row.number, row.outcome});
    }
  }
  RETURN_IF_ERROR(cursor.status());
  std::ranges::sort(consumed_, {}, &ConsumedId::place);
  return {};
}

Status CutCopy::copy_changes() {
  RowCursor cursor = from_.cursor(Table::Changes, true);
  Pack pack;
  for (cursor.seek_to_first(); cursor.valid(); cursor.next()) {
    if (is_beyond(key_place(cursor.key(), 0))) return {};
    if (!read_pack(cursor.value(), 0, pack)) {
      return StoreView::damaged(Table::Changes, cursor.key());
    }
    RETURN_IF_ERROR(copy_pack(pack));
  }
  return cursor.status();
}

Status CutCopy::copy_pack(const Pack& pack) {
  ChangeBatch batch;
  for (const TransferChange& change : pack.transfers) {
    if (is_beyond(change.place)) break;
    batch.transfers.push_back(change);
    created_ += change.kind == ledger::ChangeKind::TransferCreated ? 1 : 0;
  }
  for (const OtherChange& event : pack.others) {
    if (is_beyond(event.place)) break;
    batch.others.push_back(event);
    accounts_ += event.created() != nullptr ? 1 : 0;
  }
  Place last;
  if (!batch.transfers.empty()) last = batch.transfers.back().place;
  if (!batch.others.empty()) last = std::max(last, batch.others.back().place);
  while (consumed_taken_ < consumed_.size() && consumed_[consumed_taken_].place < last) {
    batch.consumed.push_back(consumed_[consumed_taken_++]);
  }
  // A mark that nobody will go on from: the copy counts only when it is whole.
  batch.end.log.position = Position{last.position};
  batch.end.created = created_;
  batch.end.consumed = consumed_taken_;
  batch.end.accounts = accounts_;
  return append(std::move(batch));
}

Status CutCopy::append(ChangeBatch&& batch) {
  RETURN_IF_ERROR(to_.append(std::move(batch)));
  if (to_.open_changes() < kRunChanges) return {};
  to_.seal();
  return write_closed();
}

Status CutCopy::write_closed() {
  for (;;) {
    const Mark before = to_.durable();
    const auto written = to_.write_run();
    if (!written) return tl::unexpected<Error>(written.error());
    // A run without changes has an end all the same.
    if (*written == 0 && to_.durable() == before) return {};
  }
}

Status CutCopy::check_counts() const {
  if (created_ == mark_.created && consumed_.size() == mark_.consumed &&
      accounts_ == mark_.accounts) {
    return {};
  }
  return fail(
      ErrorCode::Corrupt,
      fmt::format("history has {} transfers, {} consumed ids and {} accounts up to position "
                  "{}, and the snapshot of that position {}, {} and {}: it is damaged, or "
                  "of another ledger",
                  created_, consumed_.size(), accounts_, mark_.log.position.value, mark_.created,
                  mark_.consumed, mark_.accounts));
}

}  // namespace

Status copy_store_until(const std::string& from, const std::string& to, const Mark& mark) {
  RocksOptions reading;
  reading.directory = from;
  reading.read_only = true;
  const auto source = RocksStore::open(reading);
  if (!source) return tl::unexpected<Error>(source.error());
  RocksOptions writing;
  writing.directory = to;
  writing.ledger_id = (*source)->ledger_id();
  writing.refusals_after = std::min((*source)->refusals_after(), mark.log.position.value);
  const auto target = RocksStore::open(writing);
  if (!target) return tl::unexpected<Error>(target.error());
  return CutCopy((*source)->tables(), **target, mark).run();
}

}  // namespace florin::history
