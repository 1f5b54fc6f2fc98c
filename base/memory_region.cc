#include "base/memory_region.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace florin {

namespace {

constexpr u64 kHugePageBytes = 2 * kMiB;
// Below this, huge pages would waste more than they give.
constexpr u64 kHugeFromBytes = 8 * kMiB;

}  // namespace

MemoryRegion::~MemoryRegion() {
  if (mapping_ != nullptr) munmap(mapping_, mapping_bytes_);
}

Status MemoryRegion::reserve(u64 bytes) {
  CHECK(mapping_ == nullptr);
  const bool huge = bytes >= kHugeFromBytes;
  size_bytes_ = round_up(std::max<u64>(bytes, 1), static_cast<u64>(sysconf(_SC_PAGESIZE)));
  mapping_bytes_ = size_bytes_ + (huge ? kHugePageBytes : 0);
  void* mapping = mmap(nullptr, mapping_bytes_, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) {
    return fail_errno(errno, "reserve " + std::to_string(mapping_bytes_) +
                                 " bytes of address space (lower --accounts-max, "
                                 "--transfers-max or --partitions, or allow overcommit)");
  }
  mapping_ = static_cast<std::byte*>(mapping);
  data_ = mapping_;
  if (huge) {
    const auto address = reinterpret_cast<u64>(mapping_);
    data_ = mapping_ + (round_up(address, kHugePageBytes) - address);
    madvise(data_, size_bytes_, MADV_HUGEPAGE);  // Advice: without it all works, slower.
  }
  return {};
}

void MemoryRegion::touch(u64 first, u64 last) const {
  const auto page = static_cast<u64>(sysconf(_SC_PAGESIZE));
  first = first / page * page;
  last = std::min(round_up(last, page), size_bytes_);
  if (first >= last) return;
#ifdef MADV_POPULATE_WRITE
  madvise(data_ + first, last - first, MADV_POPULATE_WRITE);  // Before Linux 5.14: touched on use.
#endif
}

}  // namespace florin
