// Moments that tests of imports write in many ways.
#pragma once

#include "base/types.h"

namespace florin::test {

inline constexpr u64 kDay = 86'400 * kNsPerSecond;
inline constexpr u64 kJanuary5 = 8405 * kDay;  // 1993-01-05

}  // namespace florin::test
