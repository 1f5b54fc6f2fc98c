// Changes of the files of a disk at rest, told by any bytes: small inputs damage large files.
#pragma once

#include <optional>
#include <string>

#include "tests/fuzz/target.h"
#include "tests/support/sim_storage.h"

namespace florin::test {

// Which checksums are made right again behind the changes, so that what they protect is reached.
struct Repairs {
  static constexpr u8 kBodies = 1 << 0;   // Of blocks of the log and chunks of snapshots.
  static constexpr u8 kHeaders = 1 << 1;  // Of both, and of the marks and ends of files.
  static constexpr u8 kChain = 1 << 2;    // Each block names the one before.
  static constexpr u8 kAll = 0x07;
};

struct DiskEdits {
  u8 repairs = 0;      // As the input asks.
  bool marks = false;  // Whether the files of these kinds were touched.
  bool segments = false;
  bool snapshots = false;
  usize files = 0;  // How many files were touched.
};

// An input is a byte of repairs, then changes: 16 bytes each, and behind it up to 16 bytes to
// write.
struct DiskEdit {
  enum class Kind : u8 { Overwrite, Add, Copy, Resize, Remove, Swap };
  static constexpr u8 kKinds = 6;

  u8 kind = 0;
  u8 file = 0;     // By its place among the names, modulo their number.
  u8 other = 0;    // Copy, Swap: the other file.
  u8 bytes = 0;    // Overwrite, Add: how many follow, modulo 17.
  u32 offset = 0;  // Modulo the size.
  u64 value = 0;   // Copy: the offset there, in sectors as here; Resize: the new size.
};
static_assert(sizeof(DiskEdit) == 16);

// Applies the changes that the input tells, at most a few, then the repairs.
DiskEdits apply_edits(std::span<const std::byte> input, DiskImage& image);

// An input with no change yet, and one that changes a byte of a file.
Bytes edit_seed(u8 repairs, const DiskEdit& edit, std::span<const std::byte> written = {});

// Makes the checksums right of whatever looks like a block, a mark, or a snapshot.
void repair_disk(DiskImage& image, u8 repairs);

}  // namespace florin::test
