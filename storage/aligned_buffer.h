// Memory that may be handed to a disk: sector-aligned, zeroed, released with its owner.
#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

#include "base/check.h"
#include "base/types.h"
#include "storage/storage.h"

namespace florin::storage {

// Owns `size_bytes` of zeroed memory, rounded up to whole sectors. Moved, not copied; spans into it
// stay valid when it is moved.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(u64 size_bytes) : size_bytes_(round_up(size_bytes, kSectorBytes)) {
    if (size_bytes_ == 0) return;
    memory_.reset(static_cast<std::byte*>(std::aligned_alloc(kSectorBytes, size_bytes_)));
    CHECK(memory_ != nullptr);
    std::memset(memory_.get(), 0, size_bytes_);
  }

  std::byte* data() { return memory_.get(); }
  const std::byte* data() const { return memory_.get(); }
  u64 size_bytes() const { return size_bytes_; }
  std::span<std::byte> span() { return {memory_.get(), size_bytes_}; }
  std::span<const std::byte> span() const { return {memory_.get(), size_bytes_}; }

 private:
  struct Release {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  std::unique_ptr<std::byte, Release> memory_;
  u64 size_bytes_ = 0;
};

}  // namespace florin::storage
