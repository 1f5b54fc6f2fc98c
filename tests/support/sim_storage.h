// A disk in memory that forgets, tears, reorders and fails as real ones may, decided by a seed: the
// same seed and the same calls give the same disk. What a call of `sync` has covered survives every
// crash; of the rest, anything may.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "storage/storage.h"

namespace florin::test {

// Units in which an unsynced sector may be half written.
inline constexpr u64 kSubSectorBytes = 512;

// The contents of a disk at rest: every byte durable. A value: a copy can be damaged on its own.
struct DiskImage {
  std::set<std::string> directories;
  std::map<std::string, std::vector<std::byte>> files;
};

enum class SimOperation : u8 { Open, Allocate, Read, Write, Sync, SyncDirectory, Rename };
inline constexpr usize kSimOperations = 7;

struct SimOptions {
  bool in_order = false;         // Operations complete in the order in which they were asked for.
  bool complete_on_poll = true;  // `poll` completes some; otherwise only `step` does.
  bool lie_about_syncs = false;  // Syncs succeed and do nothing: a disk that no log survives.
};

class SimStorage final : public storage::Storage {
 public:
  explicit SimStorage(u64 seed, SimOptions options = {}) : SimStorage(seed, DiskImage{}, options) {}
  SimStorage(u64 seed, const DiskImage& image, SimOptions options = {});
  ~SimStorage() override;

  // Storage. Misuse (unaligned memory, a closed file, bytes changed while they are being written)
  // aborts the test.
  Result<storage::File> open(const std::string& path, storage::OpenMode mode) override;
  void close(storage::File file) override;
  Result<u64> size_bytes(storage::File file) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status create_directory(const std::string& path) override;  // Durable at once.
  Result<std::vector<std::string>> list(const std::string& path) override;
  Status allocate(storage::File file, u64 bytes) override;
  Status read(storage::File file, u64 offset, std::span<std::byte> target) override;
  Status sync_now(storage::File file) override;
  Status sync_directory_now(const std::string& path) override;
  void write(storage::File file, u64 offset, std::span<const std::byte> bytes,
             storage::Durability durability, u64 token) override;
  void sync(storage::File file, u64 token) override;
  void sync_directory(const std::string& path, u64 token) override;
  void submit() override;
  usize poll(std::span<storage::Completion> completions) override;
  int completion_descriptor() const override { return -1; }
  std::string describe() const override { return "simulated disk"; }

  // Completes one submitted operation; false if there is none. `poll` then reports it.
  bool step();
  usize operations_pending() const;

  // The power fails. Every handle is invalid afterwards and every operation gone without a
  // completion. Each sector of a write that no sync covered is kept, lost, torn or, if it was still
  // under way, garbage; each unsynced change of a directory is kept or lost.
  void crash();
  // The process is killed and the machine goes on: as `crash`, but completed writes and changes of
  // directories stay visible, and unsynced. Operations under way happened, or did not.
  void kill_process();

  // Faults. The `nth` operation of this kind from now on, counted from 1, fails with this errno. A
  // failed write may have changed any part of its range; what a failed sync should have made
  // durable is never made so by a later sync of the process, and kept or lost when the process
  // ends.
  void fail_nth(SimOperation operation, u64 nth, int error_number);
  void clear_faults() { faults_ = {}; }
  // Room on the disk for the sizes of all files together; nothing means endless.
  void limit_space(std::optional<u64> bytes) { space_bytes_ = bytes; }
  // Changes a byte at rest.
  void damage(const std::string& path, u64 offset, std::byte value);

  // What a process would read now, as a disk of its own.
  DiskImage image() const;

  u64 syncs() const { return syncs_; }

 private:
  struct Change;
  struct Inode;
  struct DirectoryChange;
  struct Operation;

  using InodeRef = std::shared_ptr<Inode>;

  int injected_error(SimOperation operation);
  InodeRef inode_of(storage::File file) const;
  bool directory_exists(const std::string& path) const { return directories_.contains(path); }
  void complete(Operation& operation);
  void sync_inode(Inode& inode, u64 before, int error);
  void sync_entries(const std::string& directory, u64 before, int error);
  void apply_to_stable(const DirectoryChange& change);
  void settle_entries();
  void settle_inode(Inode& inode);
  void settle_abandoned(Inode& inode);
  void settle_change(Inode& inode, const Change& change, u64 loss_percent);
  void forget_process();
  u64 used_bytes() const;

  Random random_;
  SimOptions options_;
  std::set<std::string> directories_;
  std::map<std::string, InodeRef> entries_;         // As processes see them.
  std::map<std::string, InodeRef> stable_entries_;  // As they are after a crash, at least.
  std::vector<DirectoryChange> entry_changes_;      // Unsynced, oldest first.
  std::map<int, InodeRef> handles_;
  int next_handle_ = 1;  // Never used twice, so that a handle of before a crash stays invalid.
  std::vector<Operation> asked_;
  std::vector<Operation> submitted_;
  std::deque<storage::Completion> completed_;
  u64 time_ = 0;  // Counts events, to tell what a sync covers.
  struct Fault {
    u64 countdown = 0;
    int error = 0;
  };
  std::array<Fault, kSimOperations> faults_;
  std::optional<u64> space_bytes_;
  u64 syncs_ = 0;
};

}  // namespace florin::test
