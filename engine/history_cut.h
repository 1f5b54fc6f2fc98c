// The copying of what never changes once it was decided: transfers, and ids that failed. Those of
// the cut are the first in the lists of their order, so that any thread can copy them while blocks
// run, without help.
#pragma once

#include "engine/cut_output.h"
#include "engine/cut_scope.h"
#include "engine/tables.h"

namespace florin::engine {

// Belongs to the thread that copies.
class HistoryCut {
 public:
  HistoryCut(const Tables& tables, CutScope& scope) : tables_(tables), scope_(scope) {}

  usize copy(u64 bytes_max);
  // Nobody copies.
  void abandon();

 private:
  void join(u32 cut);
  void add_transfer(u32 slot);
  void add_failed_id(u32 slot);

  const Tables& tables_;
  CutScope& scope_;
  u32 joined_ = 0;
  u32 finished_ = 0;
  u64 next_ = 0;  // Transfers come first, then the ids.
  CutOutput transfers_{CutKind::Transfers};
  CutOutput failed_ids_{CutKind::FailedIds};
};

}  // namespace florin::engine
