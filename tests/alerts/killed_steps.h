// The end of a process right before any of its durable steps: a sync, a rename, a removal. What was
// written to a growing file and not synced is lost in part then, as at a power cut.
//
// The test program's own fsync, fdatasync, rename and unlink stand in for those of the C library.
// Nothing is really synced in it: its tests do not wait for the disk.
#pragma once

#include <string>

#include "base/types.h"

namespace florin::test {

// From here on, in this process: it ends with status kKilled before step number `step`, counted
// from 1, takes place; files below `directory` whose names end in ".tsv" lose some of what was not
// synced. 0: never.
void kill_before_step(u64 step, const std::string& directory, u64 seed);

inline constexpr int kKilled = 77;

}  // namespace florin::test
