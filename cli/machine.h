// What this machine offers: processors and memory, as limits of containers leave them.
#pragma once

#include <vector>

#include "base/types.h"

namespace florin::cli {

// The numbers of the processors that this process may use (its affinity mask); at least one. Ask
// before any thread is pinned.
std::vector<int> allowed_processors();

// Bytes of memory that this process may use: of the machine, or of its control group if that is
// less.
u64 memory_bytes();

}  // namespace florin::cli
