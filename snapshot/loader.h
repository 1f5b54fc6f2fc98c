// Fills an engine from a snapshot file.
#pragma once

#include <functional>

#include "base/result.h"
#include "base/types.h"
#include "engine/engine.h"
#include "snapshot/reader.h"

namespace florin::snapshot {

// Loads everything that the file holds into `engine`, which must be empty and may have any number
// of partitions: with so many threads, or with 1 in this one, in the order of the file. Every chunk
// is checked before it is loaded. `report` is called in this thread, with the bytes so far.
// Corrupt: the file is damaged, or its records do not fit together; Capacity: the engine is too
// small. After an error the engine is of no use.
Status load(Reader& reader, engine::Engine& engine, const Limits& capacity, u32 threads,
            const std::function<void(u64 bytes)>& report);

}  // namespace florin::snapshot
