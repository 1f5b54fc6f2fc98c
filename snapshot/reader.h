// Reads a snapshot file. Everything is checked before it is believed: a damaged file gives an
// error, never another state.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "engine/cut_buffer.h"
#include "snapshot/format.h"
#include "storage/aligned_buffer.h"
#include "storage/storage.h"

namespace florin::snapshot {

// Memory for one chunk, as the engine takes it.
class Chunk {
 public:
  Chunk() : memory_(engine::CutBuffer::kBytes) { buffer_.image = memory_.data(); }

  engine::CutBuffer& buffer() { return buffer_; }
  std::span<std::byte> memory() { return memory_.span(); }

 private:
  storage::AlignedBuffer memory_;
  engine::CutBuffer buffer_;
};

// Belongs to one thread, but for `check`, which any thread may call. Uses only the synchronous side
// of the storage, and writes nothing.
class Reader {
 public:
  // Reads the first sector, the last one and the table. Corrupt: the file is damaged, cut off, or
  // of another ledger. WrongVersion: another version of Florin or of its rules wrote it. Each names
  // the file and what is wrong with it.
  static Result<std::unique_ptr<Reader>> open(storage::Storage& storage, const std::string& path,
                                              u128 ledger_id, u32 state_machine_version);
  // The same for a file of any ledger and version of the rules: for those who only look.
  static Result<std::unique_ptr<Reader>> open_any(storage::Storage& storage,
                                                  const std::string& path);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  const SnapshotInfo& info() const { return info_; }
  const std::string& path() const { return path_; }
  u64 chunks() const { return table_.size(); }
  engine::CutKind kind(u64 number) const {
    return static_cast<engine::CutKind>(table_[number].kind);
  }
  u64 first_number(u64 number) const { return table_[number].first_number; }
  // Bytes that the chunk takes in the file.
  u64 stored_bytes(u64 number) const { return chunk_stored_bytes(table_[number].body_bytes); }

  // Reads the bytes of a chunk, unchecked.
  Status read(u64 number, Chunk& chunk);
  // Checks what was read, and fills in the chunk's buffer. Any thread.
  Status check(u64 number, Chunk& chunk) const;

  // Reads and checks everything.
  Status validate();

 private:
  Reader(storage::Storage& storage, std::string path) : storage_(storage), path_(std::move(path)) {}

  Status read_ends();
  Status read_table();
  Status check_table() const;
  tl::unexpected<Error> damaged(const std::string& what) const;

  storage::Storage& storage_;
  std::string path_;
  storage::File file_;
  HeaderSector header_;
  EndSector end_;
  std::vector<TableEntry> table_;
  SnapshotInfo info_;
};

}  // namespace florin::snapshot
