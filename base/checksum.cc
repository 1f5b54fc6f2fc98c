#include "base/checksum.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace florin {

u64 checksum64(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

u128 checksum128(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return make_u128(hash.high64, hash.low64);
}

}  // namespace florin
