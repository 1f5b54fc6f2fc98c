// Makes checksums right, of whatever looks like what they belong to.
#pragma once

#include "tests/fuzz/target.h"
#include "tests/support/sim_storage.h"

namespace florin::test {

// Each takes Repairs. The log is all files ….log, in the order of their names.
void repair_log(DiskImage& image, u8 repairs);
void repair_marks(Bytes& file, u8 repairs);
void repair_snapshot(Bytes& file, u8 repairs);

}  // namespace florin::test
