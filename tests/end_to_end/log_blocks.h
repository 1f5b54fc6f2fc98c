// The blocks of a stopped server's log, found as docs/log-format.md tells, and ways to damage them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "wal/format.h"

namespace florin::test {

struct LogBlock {
  std::string path;  // Of the segment.
  wal::BlockHeader header;
};

// The blocks of the first segment, in order.
std::vector<LogBlock> first_segment_blocks(const std::string& data_directory);

// Has both marks name this block as the last one that was durable, as if the power had failed
// before a later mark was written.
void set_marks_to(const std::string& data_directory, const LogBlock& block);

// Reads `count` bytes at `offset` of a file, lets `change` work on them, and writes them back.
void change_file(const std::string& path, u64 offset, usize count,
                 const std::function<void(std::span<std::byte>)>& change);

}  // namespace florin::test
