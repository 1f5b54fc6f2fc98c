// How a Storage over local disks is to work: which implementation, how writes are made durable.
#pragma once

#include "base/types.h"

namespace florin::storage {

// Which implementation of Storage to bind.
enum class StorageKind : u8 {
  Automatic,  // io_uring, or plain system calls where io_uring is not to be had.
  Uring,      // io_uring, or an error that says why not.
  Posix,      // Plain system calls: correct, slower, available everywhere.
};

// How a durable write through io_uring reaches stable storage.
enum class FlushMethod : u8 {
  // A write and, linked behind it, an fdatasync. The default: its latency stays the same when the
  // processor that serves the disk's interrupts is busy.
  LinkedFdatasync,
  // One write with RWF_DSYNC. Fastest on an idle machine. On a device that can force single writes
  // to its medium it covers the bytes of that write only, so that earlier writes with
  // Durability::None need a sync of their own.
  Dsync,
};

// What a ring of io_uring holds, at two entries an operation.
inline constexpr u32 kOperationsMaxLimit = 4096;

struct StorageOptions {
  StorageKind kind = StorageKind::Automatic;
  FlushMethod flush_method = FlushMethod::LinkedFdatasync;
  // Whether to go around the page cache (O_DIRECT) where the filesystem can.
  bool direct = true;
  // Most operations that may be asked for and not yet polled. More is a bug of the caller: the
  // users of a storage bound what they have in flight. From 1 to kOperationsMaxLimit.
  u32 operations_max = 256;
};

}  // namespace florin::storage
