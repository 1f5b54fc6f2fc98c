// The copying of what never changes once it was decided: transfers, and ids that failed. Those of
// the cut stand together in the lists of their order, so that any thread can copy them while blocks
// run, without help. It tells how far it is (CutScope::created_copied), so that the oldest can
// leave memory while newer ones are still to be copied. What was passed over in the lists is copied
// by those who know its mark (BooksCut).
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
  // Each copies about so many bytes of its list and returns how many it did.
  usize copy_transfers(u64 bytes_max);
  usize copy_failed_ids(u64 bytes_max);
  void prefetch(u64 number) const;

  const Tables& tables_;
  CutScope& scope_;
  u32 joined_ = 0;
  u32 finished_ = 0;
  u64 next_created_ = 0;   // Transfers come first, ...
  u64 next_consumed_ = 0;  // ... then the ids.
  CutOutput transfers_{CutKind::Transfers};
  CutOutput failed_ids_{CutKind::FailedIds};
};

}  // namespace florin::engine
