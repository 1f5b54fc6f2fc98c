// What those who copy a cut share.
#pragma once

#include <atomic>

#include "base/types.h"
#include "engine/cut_buffer.h"

namespace florin::engine {

// What a look at a slot costs beside the bytes that it may copy.
inline constexpr usize kBytesPerLook = 16;

// The core thread fills it in while no block is in flight and then sets `active`; the others look
// at `active` first. Each of them joins a cut on its own when it first sees it, which is before it
// touches anything of a later block, and remembers the number of the last cut it is done with: so
// that nothing of theirs has to be reset while they may be looking.
struct CutScope {
  std::atomic<u32> active{0};  // Number of the cut that is being copied, from 1; 0 = none.
  std::atomic<u32> parts_left{0};
  u32 number = 0;  // Of the last cut.

  CutBuffers* buffers = nullptr;
  // As they were at the cut.
  u64 last_account_timestamp = 0;
  u64 last_transfer_timestamp = 0;
  // By number of creation, or of consumption: those in the lists of their order.
  u64 first_created = 0;
  u64 end_created = 0;
  u64 first_consumed = 0;
  u64 end_consumed = 0;

  // Every transfer of the lists with a number below this is copied, or is none of the cut's: what
  // made room for it may go. The same for consumed ids.
  std::atomic<u64> created_copied{~u64{0}};
  std::atomic<u64> consumed_copied{~u64{0}};

  // Acquire: what the core thread wrote before is seen.
  u32 current() const { return active.load(std::memory_order_acquire); }
  // A part has handed everything over. Release: and touches nothing of the cut any more.
  void part_done() { parts_left.fetch_sub(1, std::memory_order_acq_rel); }
};

}  // namespace florin::engine
