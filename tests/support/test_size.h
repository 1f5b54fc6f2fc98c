// How much a test that counts does: less under a sanitizer, more when it is told so.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "base/types.h"
#include "tests/support/test_size.h"

namespace florin::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

// A quarter under a sanitizer, which takes several times as long for each.
constexpr u64 fewer(u64 count) { return kSanitized ? (count + 3) / 4 : count; }

// FLORIN_SOAK: how many times as much a random test does; 1 without it.
inline u64 soak_factor() {
  const char* const text = std::getenv("FLORIN_SOAK");
  return text == nullptr ? 1 : std::max<u64>(1, std::strtoull(text, nullptr, 10));
}

}  // namespace florin::test
