// Gives the blocks of the log one after the other, read and checked by another thread ahead of
// whoever executes them, or in this one.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/types.h"
#include "storage/storage.h"
#include "wal/reader.h"

namespace florin::replay {

struct LogSourceOptions {
  std::string directory;
  u128 log_id = 0;
  u32 state_machine_version = 0;
  wal::LogEnd from;
  bool read_ahead = false;  // By another thread, to which the storage then belongs meanwhile.
};

// Belongs to one thread.
class LogSource {
 public:
  // Errors as those of wal::Reader::open.
  static Result<std::unique_ptr<LogSource>> open(storage::Storage& storage,
                                                 const LogSourceOptions& options);
  virtual ~LogSource() = default;

  // As wal::Reader::next.
  virtual Result<std::optional<wal::Block>> next() = 0;

  // The reader: after `next` gave nothing or an error.
  virtual const wal::Reader& reader() const = 0;
  // The mark as it was at the beginning.
  virtual const wal::Mark& mark() const = 0;
  // How far into the files the blocks that were given reach, and their size.
  virtual u64 bytes_read() const = 0;
  virtual u64 bytes_total() const = 0;
};

}  // namespace florin::replay
