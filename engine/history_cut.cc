#include "engine/history_cut.h"

#include "engine/planted.h"

namespace florin::engine {

namespace {

constexpr u64 kCopyAhead = 16;

}  // namespace

void HistoryCut::join(u32 cut) {
  joined_ = cut;
  next_ = 0;
  transfers_.begin(*scope_.buffers);
  failed_ids_.begin(*scope_.buffers);
}

usize HistoryCut::copy(u64 bytes_max) {
  const u32 cut = scope_.current();
  if (cut == 0 || finished_ == cut) return 0;
  if (joined_ != cut) join(cut);
  const u64 created = scope_.transfers_created;
  const u64 end = created + scope_.transfers_failed;
  usize bytes = 0;
  while (bytes < bytes_max && next_ < end) {
    CutOutput& output = next_ < created ? transfers_ : failed_ids_;
    if (!output.has_room()) return bytes;
    if (next_ < created) {
      if (next_ + kCopyAhead < created) {
        const u32 ahead = tables_.transfers_by_creation[next_ + kCopyAhead];
        const auto* record = reinterpret_cast<const std::byte*>(&tables_.transfers[ahead]);
        __builtin_prefetch(record);
        __builtin_prefetch(record + 64);
        __builtin_prefetch(&tables_.transfer_states[ahead]);
      }
      add_transfer(tables_.transfers_by_creation[next_]);
      bytes += sizeof(CutTransfer);
    } else {
      add_failed_id(tables_.transfers_failed[next_ - created]);
      bytes += sizeof(CutFailedId);
    }
    ++next_;
    if (next_ == created) transfers_.hand_over();
  }
  if (next_ < end) return bytes;
  failed_ids_.hand_over();
  finished_ = cut;
  scope_.part_done();
  return bytes;
}

void HistoryCut::add_transfer(u32 slot) {
  CutTransfer record = tables_.transfers[slot];
  const bool took_all = (tables_.transfer_states[slot] & TransferState::kTookAll) != 0;
  if (took_all && !planted(Defect::CutForgetsTookAll)) record.flags |= kCutTookAll;
  transfers_.add(record);
}

void HistoryCut::add_failed_id(u32 slot) {
  CutFailedId record{};
  record.id = tables_.transfers[slot].id;
  record.outcome = tables_.transfer_states[slot] & TransferState::kOutcomeBits;
  failed_ids_.add(record);
}

void HistoryCut::abandon() {
  transfers_.drop();
  failed_ids_.drop();
  finished_ = joined_;
}

}  // namespace florin::engine
