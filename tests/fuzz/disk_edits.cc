#include "tests/fuzz/disk_edits.h"

#include <algorithm>
#include <cstring>

#include "tests/fuzz/disk_repair.h"

namespace florin::test {

namespace {

constexpr usize kEditsMax = 8;
constexpr u64 kFileBytesMax = 1 * kMiB;

using File = std::map<std::string, Bytes>::iterator;

File file_at(DiskImage& image, u8 number) {
  auto found = image.files.begin();
  std::advance(found, number % image.files.size());
  return found;
}

void note(DiskEdits& edits, const std::string& path) {
  ++edits.files;
  if (path.ends_with("/marks")) edits.marks = true;
  if (path.ends_with(".log")) edits.segments = true;
  if (path.ends_with(".snapshot")) edits.snapshots = true;
}

void write(const DiskEdit& edit, std::span<const std::byte> written, Bytes& bytes) {
  if (bytes.empty()) return;
  usize at = edit.offset % bytes.size();
  for (const std::byte value : written) {
    if (at == bytes.size()) return;
    const bool adds = edit.kind % DiskEdit::kKinds == static_cast<u8>(DiskEdit::Kind::Add);
    bytes[at] =
        adds ? static_cast<std::byte>(static_cast<u8>(bytes[at]) + static_cast<u8>(value)) : value;
    ++at;
  }
}

// Sectors are what disks put in wrong places.
void copy_sector(const DiskEdit& edit, const Bytes& from, Bytes& to) {
  if (from.size() < storage::kSectorBytes || to.size() < storage::kSectorBytes) return;
  const u64 source = edit.value % (from.size() / storage::kSectorBytes) * storage::kSectorBytes;
  const u64 target = edit.offset % (to.size() / storage::kSectorBytes) * storage::kSectorBytes;
  std::memmove(to.data() + target, from.data() + source, storage::kSectorBytes);
}

}  // namespace

DiskEdits apply_edits(std::span<const std::byte> input, DiskImage& image) {
  InputReader reader(input);
  DiskEdits edits;
  edits.repairs = reader.take<u8>() & Repairs::kAll;
  for (usize count = 0; count < kEditsMax && !reader.empty() && !image.files.empty(); ++count) {
    const auto edit = reader.take<DiskEdit>();
    const File file = file_at(image, edit.file);
    note(edits, file->first);
    switch (static_cast<DiskEdit::Kind>(edit.kind % DiskEdit::kKinds)) {
      case DiskEdit::Kind::Overwrite:
      case DiskEdit::Kind::Add:
        write(edit, reader.take_bytes(edit.bytes % 17), file->second);
        break;
      case DiskEdit::Kind::Copy:
        copy_sector(edit, file_at(image, edit.other)->second, file->second);
        break;
      case DiskEdit::Kind::Resize: file->second.resize(edit.value % kFileBytesMax); break;
      case DiskEdit::Kind::Remove: image.files.erase(file); break;
      case DiskEdit::Kind::Swap: {
        const File other = file_at(image, edit.other);
        note(edits, other->first);
        std::swap(file->second, other->second);
        break;
      }
    }
  }
  if (edits.repairs != 0) repair_disk(image, edits.repairs);
  return edits;
}

Bytes edit_seed(u8 repairs, const DiskEdit& edit, std::span<const std::byte> written) {
  Bytes seed;
  put(seed, repairs);
  put(seed, edit);
  seed.insert(seed.end(), written.begin(), written.end());
  return seed;
}

void repair_disk(DiskImage& image, u8 repairs) {
  repair_log(image, repairs);
  for (auto& [path, bytes] : image.files) {
    if (path.ends_with("/marks")) repair_marks(bytes, repairs);
    if (path.ends_with(".snapshot")) repair_snapshot(bytes, repairs);
  }
}

}  // namespace florin::test
