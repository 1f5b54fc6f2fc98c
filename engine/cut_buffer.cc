#include "engine/cut_buffer.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"

namespace florin::engine {

namespace {

constexpr std::align_val_t kAlignment{4096};

}  // namespace

// The image is not cleared: only its body is ever written to a disk, behind a header.
struct CutBuffers::Memory : CutBuffer {
  Memory() { image = static_cast<std::byte*>(::operator new(kBytes, kAlignment)); }
  ~Memory() { ::operator delete(image, kAlignment); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  bool extra = false;  // Beyond those that there always are.
};

CutBuffers::CutBuffers(u32 count) {
  CHECK(count > 0);
  for (u32 index = 0; index < count; ++index) {
    memory_.push_back(std::make_unique<Memory>());
    CHECK(empty_.enqueue(memory_.back().get()));
  }
}

CutBuffers::~CutBuffers() = default;

CutBuffer* CutBuffers::take() {
  CutBuffer* buffer = nullptr;
  return empty_.try_dequeue(buffer) ? buffer : nullptr;
}

CutBuffer* CutBuffers::take_at_once() {
  if (CutBuffer* buffer = take(); buffer != nullptr) return buffer;
  auto memory = std::make_unique<Memory>();
  memory->extra = true;
  CutBuffer* buffer = memory.get();
  const std::lock_guard lock(memory_mutex_);
  memory_.push_back(std::move(memory));
  return buffer;
}

CutBuffer* CutBuffers::next_filled() {
  CutBuffer* buffer = nullptr;
  return filled_.try_dequeue(buffer) ? buffer : nullptr;
}

void CutBuffers::give_back(CutBuffer* written) {
  if (!static_cast<Memory*>(written)->extra) {
    CHECK(empty_.enqueue(written));
    return;
  }
  // Much may have changed during one cut: its memory is not kept for the next.
  const std::lock_guard lock(memory_mutex_);
  const auto found = std::find_if(memory_.begin(), memory_.end(),
                                  [&](const auto& memory) { return memory.get() == written; });
  CHECK(found != memory_.end());
  std::swap(*found, memory_.back());
  memory_.pop_back();
}

}  // namespace florin::engine
