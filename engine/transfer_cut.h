// How a cut tells of a transfer, and of a consumed id, in a slot.
#pragma once

#include "engine/cut_records.h"
#include "engine/planted.h"
#include "engine/tables.h"

namespace florin::engine {

inline CutTransfer cut_transfer(const Tables& tables, u32 slot) {
  CutTransfer record = tables.transfers[slot];
  const bool took_all = (tables.transfer_states[slot] & TransferState::kTookAll) != 0;
  if (took_all && !planted(Defect::CutForgetsTookAll)) record.flags |= kCutTookAll;
  return record;
}

inline CutFailedId cut_failed_id(const Tables& tables, u32 slot) {
  CutFailedId record{};
  record.id = tables.transfers[slot].id;
  record.outcome = tables.transfer_states[slot] & TransferState::kOutcomeBits;
  return record;
}

}  // namespace florin::engine
