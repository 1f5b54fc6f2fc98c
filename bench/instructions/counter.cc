#include "bench/instructions/counter.h"

#include <string>

#include <fmt/format.h>

namespace florin::bench {

void Counter::finish(std::string_view name, u64 units) {
  const std::string part = fmt::format("{} {}", name, units);
  CALLGRIND_DUMP_STATS_AT(part.c_str());
}

}  // namespace florin::bench
