#include "replay/file_copy.h"

#include <algorithm>

#include "storage/aligned_buffer.h"
#include "storage/blocking.h"

namespace florin::replay {

using storage::File;
using storage::OpenMode;

namespace {

constexpr u64 kPieceBytes = 4 * kMiB;

// Closes the file when it goes.
class OpenFile {
 public:
  OpenFile(storage::Storage& storage, File file) : storage_(storage), file_(file) {}
  ~OpenFile() { storage_.close(file_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  File get() const { return file_; }

 private:
  storage::Storage& storage_;
  File file_;
};

}  // namespace

Status remove_if_there(storage::Storage& storage, const std::string& path) {
  const auto removed = storage.remove(path);
  if (!removed && removed.error().code == ErrorCode::NotFound) return {};
  return removed;
}

Status write_new_file(storage::Storage& storage, const std::string& path,
                      std::span<const std::byte> bytes) {
  const auto opened = storage.open(path, OpenMode::Create);
  RETURN_IF_ERROR(opened);
  const OpenFile file(storage, *opened);
  for (u64 offset = 0; offset < bytes.size(); offset += kPieceBytes) {
    const u64 length = std::min<u64>(kPieceBytes, bytes.size() - offset);
    RETURN_IF_ERROR(
        storage::write_durably_now(storage, file.get(), offset, bytes.subspan(offset, length)));
  }
  return storage.sync_now(file.get());
}

Status copy_to_new_file(storage::Storage& storage, const std::string& from, const std::string& to,
                        const std::function<void(u64 bytes)>& report) {
  const auto opened = storage.open(from, OpenMode::Read);
  RETURN_IF_ERROR(opened);
  const OpenFile source(storage, *opened);
  const auto size = storage.size_bytes(source.get());
  RETURN_IF_ERROR(size);
  const auto created = storage.open(to, OpenMode::Create);
  RETURN_IF_ERROR(created);
  const OpenFile target(storage, *created);
  storage::AlignedBuffer piece(std::min(kPieceBytes, *size));
  for (u64 offset = 0; offset < *size; offset += kPieceBytes) {
    const auto bytes = piece.span().first(std::min(kPieceBytes, *size - offset));
    RETURN_IF_ERROR(storage.read(source.get(), offset, bytes));
    RETURN_IF_ERROR(storage::write_durably_now(storage, target.get(), offset, bytes));
    report(bytes.size());
  }
  return storage.sync_now(target.get());
}

Status put_in_place(storage::Storage& storage, const std::string& directory,
                    const std::string& temporary_path, const std::string& path) {
  RETURN_IF_ERROR(storage.rename(temporary_path, path));
  return storage.sync_directory_now(directory);
}

}  // namespace florin::replay
