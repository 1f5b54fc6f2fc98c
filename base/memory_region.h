// Large arrays whose address space is reserved at once and whose memory is taken as it is touched,
// in huge pages where the system grants them. First touch of cold memory is slow on virtual
// machines (seconds per GiB), so it can be done ahead of use, from another thread.
#pragma once

#include <type_traits>

#include "base/check.h"
#include "base/result.h"
#include "base/types.h"

namespace florin {

// Zeroed memory from the operating system. A resource: neither copied nor moved while in use.
class MemoryRegion {
 public:
  MemoryRegion() = default;
  ~MemoryRegion();
  MemoryRegion(const MemoryRegion&) = delete;
  MemoryRegion& operator=(const MemoryRegion&) = delete;

  // Reserves `bytes` of address space, aligned to huge pages when that large. Call once.
  Status reserve(u64 bytes);
  // Makes the pages of [first, last) present, without changing what they hold. Any thread.
  void touch(u64 first, u64 last) const;

  std::byte* data() const { return data_; }
  u64 size_bytes() const { return size_bytes_; }

 private:
  std::byte* mapping_ = nullptr;
  u64 mapping_bytes_ = 0;
  std::byte* data_ = nullptr;
  u64 size_bytes_ = 0;
};

// An array of plain values, all zero at first, at a fixed address.
template <class T>
class ReservedArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  Status reserve(u64 count) {
    count_ = count;
    return region_.reserve(count * sizeof(T));
  }
  T& operator[](u64 index) const { return data()[index]; }
  T* data() const { return reinterpret_cast<T*>(region_.data()); }
  u64 size() const { return count_; }
  // Makes the memory of the elements [first, last) present.
  void touch(u64 first, u64 last) const {
    CHECK(first <= last && last <= count_);
    region_.touch(first * sizeof(T), last * sizeof(T));
  }

 private:
  MemoryRegion region_;
  u64 count_ = 0;
};

}  // namespace florin
