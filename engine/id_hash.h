// Hashes of 128-bit ids: one that is part of the stored format, and one that is secret to the
// process.
#pragma once

#include "base/types.h"

namespace florin::engine {

// Accounts and transfers are spread over this many virtual slots by the id alone. A partition is a
// range of virtual slots, so nothing that is stored depends on how many partitions there are.
inline constexpr u32 kVirtualSlots = 1024;

// The multiply-and-fold step of Wang Yi's wyhash (https://github.com/wangyi-fudan/wyhash).
constexpr u64 multiply_fold(u64 left, u64 right) {
  const u128 product = u128{left} * right;
  return low_half(product) ^ high_half(product);
}

// The virtual slot of an id, in [0, kVirtualSlots). Part of the stored format: never changes.
constexpr u32 virtual_slot(u128 id) {
  const u64 mixed =
      multiply_fold(low_half(id) ^ 0xa0761d6478bd642fULL, high_half(id) ^ 0xe7037ed1a0b428dbULL);
  return static_cast<u32>(mixed >> 54);
}

// Where and how to look for an id.
struct IdHash {
  u32 virtual_slot;
  u32 tag;  // Seeded per process, so that nobody can choose ids that collide.
};

struct HashSeed {
  u64 low = 0;
  u64 high = 0;

  IdHash hash(u128 id) const {
    return IdHash{engine::virtual_slot(id),
                  static_cast<u32>(multiply_fold(low_half(id) ^ low, high_half(id) ^ high))};
  }
};

// The partition that owns a virtual slot.
constexpr u32 partition_of(u32 virtual_slot, u32 partitions) {
  return virtual_slot * partitions / kVirtualSlots;
}

}  // namespace florin::engine
