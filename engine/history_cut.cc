#include "engine/history_cut.h"

#include "base/prefetch.h"
#include "engine/transfer_cut.h"

namespace florin::engine {

namespace {

constexpr u64 kCreatedAhead = 16;
constexpr u64 kAllCopied = ~u64{0};

// Release: what was copied is read, and not looked at any more.
void tell(std::atomic<u64>& copied, u64 number) { copied.store(number, std::memory_order_release); }

}  // namespace

void HistoryCut::join(u32 cut) {
  joined_ = cut;
  next_created_ = scope_.first_created;
  next_consumed_ = scope_.first_consumed;
  transfers_.begin_at(*scope_.buffers, next_created_);
  failed_ids_.begin_at(*scope_.buffers, next_consumed_);
}

usize HistoryCut::copy(u64 bytes_max) {
  const u32 cut = scope_.current();
  if (cut == 0 || finished_ == cut) return 0;
  if (joined_ != cut) join(cut);
  usize bytes = copy_transfers(bytes_max);
  if (next_created_ == scope_.end_created && bytes < bytes_max) {
    bytes += copy_failed_ids(bytes_max - bytes);
  }
  if (next_created_ < scope_.end_created || next_consumed_ < scope_.end_consumed) return bytes;
  finished_ = cut;
  scope_.part_done();
  return bytes;
}

usize HistoryCut::copy_transfers(u64 bytes_max) {
  const u64 end = scope_.end_created;
  usize bytes = 0;
  while (bytes < bytes_max && next_created_ < end && transfers_.has_room()) {
    if (next_created_ + kCreatedAhead < end) prefetch(next_created_ + kCreatedAhead);
    transfers_.add(cut_transfer(tables_, tables_.created_slot(next_created_++)));
    bytes += sizeof(CutTransfer);
  }
  if (next_created_ == end) transfers_.hand_over();
  tell(scope_.created_copied, next_created_ == end ? kAllCopied : next_created_);
  return bytes;
}

usize HistoryCut::copy_failed_ids(u64 bytes_max) {
  const u64 end = scope_.end_consumed;
  usize bytes = 0;
  while (bytes < bytes_max && next_consumed_ < end && failed_ids_.has_room()) {
    failed_ids_.add(cut_failed_id(tables_, tables_.consumed_slot(next_consumed_++)));
    bytes += sizeof(CutFailedId);
  }
  if (next_consumed_ == end) failed_ids_.hand_over();
  tell(scope_.consumed_copied, next_consumed_ == end ? kAllCopied : next_consumed_);
  return bytes;
}

void HistoryCut::prefetch(u64 number) const {
  const u32 slot = tables_.created_slot(number);
  prefetch_object(tables_.transfers[slot]);
  prefetch_line(&tables_.transfer_states[slot]);
}

void HistoryCut::abandon() {
  transfers_.drop();
  failed_ids_.drop();
  finished_ = joined_;
}

}  // namespace florin::engine
