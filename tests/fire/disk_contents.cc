// Each unit that was written since the last sync remembers what the disk still holds of it.
#include "tests/fire/disk_contents.h"

#include <algorithm>
#include <cstring>

namespace florin::test {

CutMode draw_cut_mode(Random& random) {
  const u64 drawn = random.below(6);
  if (drawn == 0) return CutMode::AllLost;
  return drawn == 1 ? CutMode::AllKept : CutMode::Drawn;
}

usize DiskFile::read(u64 offset, std::span<std::byte> target) const {
  if (offset >= content_.size()) return 0;
  const usize count = std::min<usize>(target.size(), content_.size() - offset);
  std::memcpy(target.data(), content_.data() + offset, count);
  return count;
}

std::span<std::byte> DiskFile::unit_bytes(u64 unit) {
  const u64 begin = unit * kDiskUnitBytes;
  if (begin >= content_.size()) return {};
  return std::span(content_).subspan(begin, std::min(kDiskUnitBytes, content_.size() - begin));
}

// Before the unit changes. What lies beyond the stable size is zeros on the disk.
void DiskFile::remember(u64 unit) {
  auto [found, added] = dirty_.try_emplace(unit);
  found->second.write = writes_;
  found->second.abandoned = false;
  if (!added) return;
  found->second.first_write = writes_;
  found->second.stable.fill(std::byte{0});
  const std::span<const std::byte> bytes = unit_bytes(unit);
  if (!bytes.empty()) std::memcpy(found->second.stable.data(), bytes.data(), bytes.size());
}

void DiskFile::write(u64 offset, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  ++writes_;
  const u64 end = offset + bytes.size();
  for (u64 unit = offset / kDiskUnitBytes; unit * kDiskUnitBytes < end; ++unit) remember(unit);
  if (end > content_.size()) content_.resize(end);
  std::memcpy(content_.data() + offset, bytes.data(), bytes.size());
}

// Growing adds zeros. What is cut off is remembered, so that it can come back.
void DiskFile::resize(u64 bytes) {
  ++writes_;
  for (u64 unit = bytes / kDiskUnitBytes; unit * kDiskUnitBytes < content_.size(); ++unit) {
    remember(unit);
  }
  content_.resize(bytes);
}

void DiskFile::sync(u64 writes) {
  std::erase_if(dirty_, [&](const auto& entry) {
    return !entry.second.abandoned && entry.second.first_write <= writes;
  });
  stable_size_ = content_.size();
}

void DiskFile::abandon() {
  for (auto& [number, unit] : dirty_) unit.abandoned = true;
}

void DiskFile::settle_abandoned(Random& random) {
  std::map<u64, Fate> fates;  // By write.
  for (const auto& [number, unit] : dirty_) {
    if (!unit.abandoned) continue;
    auto [fate, added] = fates.try_emplace(unit.write);
    if (added) fate->second = random.chance(1, 2) ? Fate::Kept : Fate::Lost;
    settle(number, unit, fate->second, random);
  }
  std::erase_if(dirty_, [](const auto& entry) { return entry.second.abandoned; });
}

void DiskFile::settle(u64 number, const Unit& unit, Fate fate, Random& random) {
  const std::span<std::byte> bytes = unit_bytes(number);
  const u64 drawn = random.below(8);
  const bool kept = fate == Fate::Kept || (fate == Fate::Torn && drawn < 4);
  if (kept) return;
  if (fate == Fate::Torn && drawn == 7) {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
    return;
  }
  std::memcpy(bytes.data(), unit.stable.data(), bytes.size());
}

void DiskFile::cut(Random& random, CutFigures& figures) {
  const CutMode mode = draw_cut_mode(random);
  const auto draw_fate = [&](bool abandoned) {
    if (abandoned) return random.chance(3, 4) ? Fate::Lost : Fate::Torn;
    if (mode == CutMode::AllLost) return Fate::Lost;
    if (mode == CutMode::AllKept) return Fate::Kept;
    return static_cast<Fate>(random.below(3));
  };
  const u64 new_size = content_.size();
  if (stable_size_ != new_size && (mode == CutMode::AllLost || random.chance(1, 4))) {
    content_.resize(stable_size_);
    ++figures.sizes_lost;
  }
  std::map<u64, Fate> fates;  // By write.
  for (const auto& [number, unit] : dirty_) {
    auto [fate, added] = fates.try_emplace(unit.write);
    if (added) fate->second = draw_fate(unit.abandoned);
    settle(number, unit, fate->second, random);
  }
  for (const auto& [write, fate] : fates) {
    figures.writes_kept += fate == Fate::Kept ? 1 : 0;
    figures.writes_lost += fate == Fate::Lost ? 1 : 0;
    figures.writes_torn += fate == Fate::Torn ? 1 : 0;
  }
  dirty_.clear();
  stable_size_ = content_.size();
}

DiskNodeRef DiskDirectory::find(const std::string& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second;
}

void DiskDirectory::add(const std::string& name, const DiskNodeRef& node) {
  entries_[name] = node;
  changes_.push_back({"", name, node});
}

void DiskDirectory::remove(const std::string& name) {
  changes_.push_back({name, "", find(name)});
  entries_.erase(name);
}

void DiskDirectory::rename(const std::string& from, const std::string& to) {
  const DiskNodeRef node = find(from);
  changes_.push_back({from, to, node});
  entries_.erase(from);
  entries_[to] = node;
}

void DiskDirectory::sync() {
  stable_ = entries_;
  changes_.clear();
}

// A change may be kept whose forerunner is lost: only what it changed itself may be touched.
void DiskDirectory::apply_to_stable(const Change& change) {
  const auto from = stable_.find(change.from);
  if (from != stable_.end() && from->second == change.node) stable_.erase(from);
  if (!change.to.empty()) stable_[change.to] = change.node;
}

void DiskDirectory::cut(Random& random, CutFigures& figures) {
  const CutMode mode = draw_cut_mode(random);
  // A journal keeps changes in order; other disks need not.
  const bool in_order = random.chance(1, 2);
  bool lost = mode == CutMode::AllLost;
  for (const Change& change : changes_) {
    if (mode == CutMode::Drawn && !(in_order && lost)) lost = random.chance(1, 2);
    ++(lost ? figures.entries_lost : figures.entries_kept);
    if (!lost) apply_to_stable(change);
  }
  changes_.clear();
  entries_ = stable_;
  for (const auto& [name, node] : entries_) {
    if (node->is_directory) {
      node->directory.cut(random, figures);
    } else {
      node->file.cut(random, figures);
    }
  }
}

void settle_abandoned(DiskNode& node, Random& random) {
  node.file.settle_abandoned(random);
  for (const auto& [name, entry] : node.directory.entries()) settle_abandoned(*entry, random);
}

bool has_unsynced(const DiskNode& node, const std::string& path_part) {
  const bool meant = node.path.find(path_part) != std::string::npos;
  if (meant && (node.file.unsynced() || node.directory.unsynced())) return true;
  for (const auto& [name, entry] : node.directory.entries()) {
    if (has_unsynced(*entry, path_part)) return true;
  }
  return false;
}

}  // namespace florin::test
