// Checksums of stored and transmitted bytes: XXH3 (xxHash 0.8, https://xxhash.com), 64 and 128
// bits. They find damage, not forgery.
#pragma once

#include <span>

#include "base/types.h"

namespace florin {

u64 checksum64(std::span<const std::byte> bytes);
u128 checksum128(std::span<const std::byte> bytes);

}  // namespace florin
