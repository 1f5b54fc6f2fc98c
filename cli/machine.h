// What this machine offers: processors and memory, as limits of containers leave them.
#pragma once

#include "base/types.h"

namespace florin::cli {

// Processors that this process may use (affinity mask); at least 1.
u32 processors();

// Bytes of memory that this process may use: of the machine, or of its control group if that is
// less.
u64 memory_bytes();

}  // namespace florin::cli
