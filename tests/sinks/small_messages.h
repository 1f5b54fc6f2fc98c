// Messages of a few changes each, so that tests see many of them.
#pragma once

#include "base/types.h"

namespace florin::test {

inline constexpr usize kSmallMessageBytes = 12'000;

}  // namespace florin::test
