// Bringing memory into the cache ahead of its use.
#pragma once

namespace florin {

// Begins to fetch the cache line at `address`, which may be any: nothing happens where there is no
// memory. What the compiler offers does not count as an effect: a function that does nothing else
// is taken for one without any, and calls of it are left out. So this has one.
inline void prefetch_line(const void* address) {
  __builtin_prefetch(address);
  asm volatile("" : : "r"(address));
}

// The same for all lines of an object that begins with a line.
template <class Object>
void prefetch_object(const Object& object) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&object);
  for (unsigned long offset = 0; offset < sizeof(Object); offset += 64) {
    prefetch_line(bytes + offset);
  }
}

}  // namespace florin
