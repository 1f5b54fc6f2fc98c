// What a disk holds while it runs, and what of it is left when the power fails: files whose writes
// are volatile until they are synced, directories whose entries are volatile until the directory
// is. Value-like parts of PowerDisk; nothing here locks.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/types.h"

namespace florin::test {

// The unit that a disk writes whole or not at all.
inline constexpr u64 kDiskUnitBytes = 512;

// What became of everything unsynced in a cut: for reports, and to prove that cuts do cut.
struct CutFigures {
  u64 writes_kept = 0;
  u64 writes_lost = 0;
  u64 writes_torn = 0;  // Some units old, some new, some garbage.
  u64 sizes_lost = 0;
  u64 entries_kept = 0;  // Changes of directories.
  u64 entries_lost = 0;
  u64 in_snapshots = 0;  // Cuts that met something unsynced below a directory `snapshots`.
};

// How a cut treats one file or directory.
enum class CutMode : u8 { AllLost, AllKept, Drawn };
CutMode draw_cut_mode(Random& random);

class DiskFile {
 public:
  u64 size() const { return content_.size(); }
  // Whether something would be lost if the power failed now.
  bool unsynced() const { return !dirty_.empty() || stable_size_ != content_.size(); }

  // Reads what is there, at most `target.size()` bytes; returns how many.
  usize read(u64 offset, std::span<std::byte> target) const;
  void write(u64 offset, std::span<const std::byte> bytes);
  void resize(u64 bytes);
  // How often it was written so far.
  u64 writes() const { return writes_; }
  // What was written by the first `writes` becomes durable, but for what a failed sync has given
  // up.
  void sync(u64 writes);
  // A sync failed: what it should have made durable stays readable, and no later sync knows of it.
  void abandon();
  // The process of a failed sync is gone: each write that was given up turns out to be durable, or
  // is not there any more.
  void settle_abandoned(Random& random);
  // The power fails: what was not durable is kept, lost or torn, write by write.
  void cut(Random& random, CutFigures& figures);

 private:
  enum class Fate : u8 { Kept, Lost, Torn };
  struct Unit {
    std::array<std::byte, kDiskUnitBytes> stable;  // What the disk holds of it.
    u64 first_write = 0;                           // Since it was durable.
    u64 write = 0;                                 // The last one that touched it.
    bool abandoned = false;
  };

  void remember(u64 unit);
  std::span<std::byte> unit_bytes(u64 unit);
  void settle(u64 number, const Unit& unit, Fate fate, Random& random);

  std::vector<std::byte> content_;
  u64 stable_size_ = 0;
  std::map<u64, Unit> dirty_;  // By number of the unit.
  u64 writes_ = 0;
};

// A file or a directory. Shared by the directories' visible and stable entries and by open handles.
struct DiskNode;
using DiskNodeRef = std::shared_ptr<DiskNode>;

class DiskDirectory {
 public:
  const std::map<std::string, DiskNodeRef>& entries() const { return entries_; }
  DiskNodeRef find(const std::string& name) const;

  void add(const std::string& name, const DiskNodeRef& node);
  void remove(const std::string& name);
  // Replaces what `to` named.
  void rename(const std::string& from, const std::string& to);
  void sync();
  // Any changes that no sync covered are lost, each for itself or from one of them on. Also cuts
  // what can still be reached.
  void cut(Random& random, CutFigures& figures);
  bool unsynced() const { return !changes_.empty(); }

 private:
  // `to` names `node` and `from` nothing any more; either may be empty.
  struct Change {
    std::string from;
    std::string to;
    DiskNodeRef node;
  };
  void apply_to_stable(const Change& change);

  std::map<std::string, DiskNodeRef> entries_;
  std::map<std::string, DiskNodeRef> stable_;
  std::vector<Change> changes_;  // Oldest first.
};

struct DiskNode {
  bool is_directory = false;
  u64 number = 0;
  std::string path;  // The last name that it had.
  DiskFile file;
  DiskDirectory directory;
};

// For every file at or below the node.
void settle_abandoned(DiskNode& node, Random& random);

// Whether anything at or below the node, on a path that contains `path_part`, is unsynced.
bool has_unsynced(const DiskNode& node, const std::string& path_part);

}  // namespace florin::test
