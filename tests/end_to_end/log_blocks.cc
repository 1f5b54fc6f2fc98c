#include "tests/end_to_end/log_blocks.h"

#include <cstring>
#include <fstream>
#include <stdexcept>

#include "wal/marks.h"

namespace florin::test {

std::vector<LogBlock> first_segment_blocks(const std::string& data_directory) {
  const std::string path = data_directory + "/log/" + wal::segment_name(1);
  std::ifstream file(path, std::ios::binary);
  std::vector<LogBlock> blocks;
  for (u64 offset = 0;;) {
    LogBlock block{path, {}};
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(&block.header), sizeof(block.header));
    const bool is_next = file.good() && block.header.magic == wal::kBlockMagic &&
                         block.header.sequence == blocks.size() + 1;
    if (!is_next) return blocks;
    offset += wal::stored_bytes(block.header.body_bytes);
    blocks.push_back(block);
  }
}

void set_marks_to(const std::string& data_directory, const LogBlock& block) {
  wal::Mark mark;
  mark.count = 1;
  mark.durable_sequence = block.header.sequence;
  mark.durable_position = Position{block.header.position_before + block.header.event_count};
  mark.chain = block.header.header_checksum;
  mark.segment = block.header.segment;
  for (usize sector = 0; sector < wal::kMarkSectors; ++sector) {
    change_file(wal::marks_path(data_directory + "/log"), sector * storage::kSectorBytes,
                storage::kSectorBytes, [&](std::span<std::byte> bytes) {
                  wal::store_mark(mark, block.header.log_id, bytes);
                });
  }
}

void change_file(const std::string& path, u64 offset, usize count,
                 const std::function<void(std::span<std::byte>)>& change) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  std::vector<std::byte> bytes(count);
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(count));
  change(bytes);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(count));
  file.flush();
  if (!file.good()) throw std::runtime_error("cannot change " + path);
}

}  // namespace florin::test
