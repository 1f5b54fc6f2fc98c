// An exact cut of the engine's state, copied while blocks run: the state between two blocks, taken
// when no block was in flight. Each part of it is copied in slices by those who own it; a record
// that changes before its turn came is copied first. So the copy is that of one moment, however
// long it takes.
#pragma once

#include "engine/account_cut.h"
#include "engine/books.h"
#include "engine/cut_scope.h"
#include "engine/history_cut.h"

namespace florin::engine {

class Cut {
 public:
  Cut(Tables& tables, Books& books)
      : books_(books), accounts_(tables, scope_), history_(tables, scope_) {}

  Status reserve();

  // As Engine has them.
  void begin(CutBuffers& buffers);
  usize copy_accounts(u32 partition, u64 bytes_max) { return accounts_.copy(partition, bytes_max); }
  usize copy_books(u64 bytes_max) { return books_.cut.copy(scope_, bytes_max); }
  usize copy_history(u64 bytes_max) { return history_.copy(bytes_max); }
  bool copied() const { return scope_.parts_left.load(std::memory_order_acquire) == 0; }
  void end();

  void before_authorise() { books_.cut.follow(scope_); }
  // Before ids leave memory (Engine::retire); no block is in flight. Only those leave, or are
  // passed over, whose numbers are below the next two: the thread that copies history needs the
  // others. Acquire: it touches nothing of them any more.
  void before_retire() { books_.cut.follow(scope_); }
  u64 created_copied() const { return copied_of(scope_.created_copied); }
  u64 consumed_copied() const { return copied_of(scope_.consumed_copied); }
  void before_post(Block& block, u32 partition, u32 slices) {
    if (scope_.current() != 0) [[unlikely]]
      accounts_.before_post(block, partition, slices);
  }
  void before_post_all(Block& block) {
    if (scope_.current() != 0) [[unlikely]]
      accounts_.before_post_all(block);
  }

 private:
  static u64 copied_of(const std::atomic<u64>& copied) {
    return planted(Defect::CutTellsMoreCopied) ? ~u64{0} : copied.load(std::memory_order_acquire);
  }
  void tell_counters();

  Books& books_;
  CutScope scope_;
  AccountCut accounts_;
  HistoryCut history_;
};

}  // namespace florin::engine
