// Work on the folders of a run, by several threads.
#pragma once

#include <functional>

#include "base/result.h"
#include "base/types.h"

namespace florin::statement {

// Calls `work` once for each number below `count`, several at a time, until all are done or one of
// them fails; returns the first error by number. Meanwhile the calling thread calls `report` now
// and then, and once at the end.
Status work_on_folders(usize count, u32 threads, const std::function<Status(usize)>& work,
                       const std::function<void()>& report);

}  // namespace florin::statement
