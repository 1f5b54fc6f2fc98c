// Reading and making marks.
#include "wal/marks.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "base/check.h"
#include "base/checksum.h"
#include "base/int128.h"
#include "storage/aligned_buffer.h"
#include "storage/blocking.h"

namespace florin::wal {

namespace {

constexpr const char* kMarksName = "/marks";
constexpr const char* kPreparingName = "/marks.preparing";
// Each sector can be torn while the other is read only if a writer is at work at this moment.
constexpr int kReadAttempts = 8;

u128 checksum_of(const MarkRecord& record) {
  MarkRecord blank = record;
  blank.checksum = 0;
  return checksum128(std::as_bytes(std::span(&blank, 1)));
}

Result<std::optional<Mark>> load_mark(std::span<const std::byte> sector, const std::string& path,
                                      u128 log_id) {
  MarkRecord record;
  std::memcpy(&record, sector.data(), sizeof record);
  if (record.magic != kMarkMagic || record.checksum != checksum_of(record)) return std::nullopt;
  if (record.version != kMarkVersion) {
    return fail(ErrorCode::WrongVersion,
                fmt::format("{} has version {} of the marks, this program reads version {}", path,
                            record.version, kMarkVersion));
  }
  if (record.log_id != log_id) {
    return fail(ErrorCode::Corrupt, fmt::format("{} belongs to log {}, not to log {}", path,
                                                to_decimal(record.log_id), to_decimal(log_id)));
  }
  return Mark{record.count, record.durable_sequence, Position{record.durable_position},
              record.chain, record.segment};
}

Result<Marks> load_both(storage::Storage& storage, storage::File file, const std::string& path,
                        u128 log_id) {
  const Result<u64> size = storage.size_bytes(file);
  if (!size) return tl::unexpected(size.error());
  if (*size != kMarksBytes) {
    return fail(ErrorCode::Corrupt,
                fmt::format("{} has {} bytes, but was made with {}; put it back from a copy", path,
                            *size, kMarksBytes));
  }
  storage::AlignedBuffer bytes(kMarksBytes);
  RETURN_IF_ERROR(storage.read(file, 0, bytes.span()));
  Marks marks;
  for (usize i = 0; i < kMarkSectors; ++i) {
    const auto sector = bytes.span().subspan(i * storage::kSectorBytes, storage::kSectorBytes);
    Result<std::optional<Mark>> mark = load_mark(sector, path, log_id);
    if (!mark) return tl::unexpected(std::move(mark).error());
    marks[i] = *mark;
  }
  return marks;
}

}  // namespace

Mark mark_of(const LogEnd& end, u64 count) {
  return {count, end.sequence, end.position, end.chain, end.segment};
}

std::string marks_path(const std::string& directory) { return directory + kMarksName; }

const Mark* newest(const Marks& marks) {
  const Mark* found = nullptr;
  for (const std::optional<Mark>& mark : marks) {
    if (mark && (found == nullptr || mark->count > found->count)) found = &*mark;
  }
  return found;
}

Result<Marks> read_both_marks(storage::Storage& storage, const std::string& directory,
                              u128 log_id) {
  const std::string path = marks_path(directory);
  Result<storage::File> file = storage.open(path, storage::OpenMode::Read);
  if (!file) return tl::unexpected(std::move(file).error());
  Result<Marks> marks = load_both(storage, *file, path, log_id);
  storage.close(*file);
  return marks;
}

Result<Mark> read_marks(storage::Storage& storage, const std::string& directory, u128 log_id) {
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    const Result<Marks> marks = read_both_marks(storage, directory, log_id);
    if (!marks) return tl::unexpected(marks.error());
    if (const Mark* mark = newest(*marks)) return *mark;
  }
  return fail(ErrorCode::Corrupt,
              fmt::format("both marks in {} are damaged: nothing says up to where the log was "
                          "acknowledged. Nothing was changed. Put the file back from a copy, or "
                          "start from a backup",
                          marks_path(directory)));
}

void store_mark(const Mark& mark, u128 log_id, std::span<std::byte> sector) {
  CHECK(sector.size() == storage::kSectorBytes);
  MarkRecord record;
  record.log_id = log_id;
  record.chain = mark.chain;
  record.count = mark.count;
  record.durable_sequence = mark.durable_sequence;
  record.durable_position = mark.durable_position.value;
  record.segment = mark.segment;
  record.checksum = checksum_of(record);
  std::ranges::fill(sector, std::byte{0});
  std::memcpy(sector.data(), &record, sizeof record);
}

// Under another name first, so that the file is whole whenever it is there.
Status create_marks(storage::Storage& storage, const std::string& directory, u128 log_id,
                    const Mark& mark) {
  const std::string preparing = directory + kPreparingName;
  Result<storage::File> file = storage.open(preparing, storage::OpenMode::Create);
  if (!file) return tl::unexpected(std::move(file).error());
  storage::AlignedBuffer bytes(kMarksBytes);
  for (usize i = 0; i < kMarkSectors; ++i) {
    store_mark(mark, log_id,
               bytes.span().subspan(i * storage::kSectorBytes, storage::kSectorBytes));
  }
  Status written = storage.allocate(*file, kMarksBytes);
  if (written) written = storage::write_durably_now(storage, *file, 0, bytes.span());
  // The size of the file is durable only with a sync of its own.
  if (written) written = storage.sync_now(*file);
  storage.close(*file);
  RETURN_IF_ERROR(written);
  RETURN_IF_ERROR(storage.rename(preparing, marks_path(directory)));
  return storage.sync_directory_now(directory);
}

}  // namespace florin::wal
