// A disk whose power can be cut: a small tree of files in memory, of which only what was synced is
// sure to survive. Mounted by power_disk_main.cc, so that real programs run on it. Any thread may
// call; answers are 0 (or a count) or a negative errno value, as file systems speak.
//
// What a cut leaves of the unsynced is decided by a seed: whole writes, parts of them by units of
// 512 bytes, garbage in some, sizes, and any of the changes of directories. Until `power_on`, and
// for ever through handles from before the cut, every operation fails with EIO. Stricter than most
// file systems: syncing a file does not make its name durable.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fire/disk_contents.h"

namespace florin::test {

enum class DiskOperation : u8 {
  Create,
  Read,
  Write,
  Allocate,
  Sync,
  Rename,
  Remove,
  SyncDirectory,
};
inline constexpr usize kDiskOperations = 8;

std::string_view name(DiskOperation operation);
// By name; nothing for another text. "any" is told by the caller.
std::optional<DiskOperation> disk_operation(std::string_view text);

// Which operations are meant: those of one kind, or all that change the disk or sync it, on paths
// that contain `path_part`; the `nth` of them from now on, counted from 1.
struct OperationMatch {
  std::optional<DiskOperation> operation;
  std::string path_part;
  u64 nth = 1;
};

struct DiskStatus {
  bool power = true;
  u64 operations = 0;  // That change the disk or sync it.
  u64 syncs = 0;
  u64 faults = 0;  // Operations that failed as asked for.
  u64 refused_for_space = 0;
  u64 used_bytes = 0;
  CutFigures cuts;  // Of all cuts together.
};

class PowerDisk {
 public:
  using Handle = u64;
  struct Attributes {
    bool is_directory = false;
    u64 number = 0;
    u64 size = 0;
  };

  PowerDisk();

  // The file system.
  int attributes(const std::string& path, Attributes& result);
  int attributes(Handle handle, Attributes& result);
  int create_directory(const std::string& path);
  int create(const std::string& path, Handle& result);
  // A file or a directory.
  int open(const std::string& path, Handle& result);
  void release(Handle handle);
  int read(Handle handle, u64 offset, std::span<std::byte> target);
  int write(Handle handle, u64 offset, std::span<const std::byte> bytes);
  int resize(const std::string& path, u64 bytes);
  int allocate(Handle handle, u64 end);
  // A file: what it holds; a directory: what it names.
  int sync(Handle handle);
  int rename(const std::string& from, const std::string& to);
  int remove(const std::string& path);
  int list(Handle directory, std::vector<std::string>& names);

  // The power. A second cut before `power_on` changes nothing more.
  void cut(u64 seed);
  // Cuts in the middle of an operation: it has reached the disk's cache, or not even that.
  void cut_at(const OperationMatch& match, u64 seed);
  void power_on();

  // Faults. From the `nth` match on, `times` operations fail with this errno value; 0 = all. What a
  // failed sync should have made durable is given up, and the next sync succeeds without it.
  void fail(const OperationMatch& match, u64 times, int error);
  // To be called when the process whose syncs failed has ended: what they gave up is durable by now
  // or gone, write by write, as the seed decides.
  void settle(u64 seed);
  // As `fail`; writes take half of what they are given, and at least a byte: a program that goes on
  // with the rest comes to an end.
  void shorten_writes(const OperationMatch& match, u64 times);
  // Room for the sizes of all files together; 0 = endless.
  void limit_space(u64 bytes);
  // Syncs succeed and do nothing: a disk on which everything must be lost.
  void lie_about_syncs(bool lie);
  // How long a sync takes: what is written meanwhile is not covered by it.
  void delay_syncs(u64 microseconds);
  // No fault, no planned cut, endless room, honest and immediate syncs.
  void heal();

  DiskStatus status();
  // Calls back with every file as a program would read it now.
  void each_file(const std::function<void(const std::string&, std::span<const std::byte>)>& see);

 private:
  struct Open {
    DiskNodeRef node;
    u64 epoch = 0;
  };
  struct Plan {
    OperationMatch match;
    u64 seen = 0;
    u64 times = 0;
    u64 seed = 0;
    int error = 0;  // 0 = a short write.
  };

  // What an operation must ask first: 0, or why it fails. `effect` does it.
  int perform(DiskOperation operation, const std::string& path, const std::function<int()>& effect,
              DiskNode* syncing = nullptr);
  static bool counts(Plan& plan, DiskOperation operation, const std::string& path);
  // The fault that this operation meets, or none.
  Plan* fault_of(DiskOperation operation, const std::string& path);
  void cut_locked(u64 seed);
  DiskNodeRef node_at(const std::string& path) const;
  // The directory of `path`, and the name within it.
  DiskNodeRef parent_of(const std::string& path, std::string& name) const;
  DiskNodeRef node_of(Handle handle) const;
  Handle add_handle(const DiskNodeRef& node);
  bool has_room(u64 present, u64 wanted);
  u64 used_bytes() const;

  std::mutex mutex_;
  DiskNodeRef root_;
  u64 next_number_ = 2;
  std::map<Handle, Open> handles_;
  Handle next_handle_ = 1;
  u64 epoch_ = 1;  // Grows with every cut.
  std::optional<Plan> planned_cut_;
  std::vector<Plan> faults_;
  u64 space_bytes_ = 0;
  bool lie_ = false;
  bool write_is_short_ = false;  // The operation being performed meets such a fault.
  std::chrono::microseconds sync_delay_{0};
  DiskStatus status_;
};

}  // namespace florin::test
