// A disk in memory that forgets, tears, reorders and fails as real ones may, decided by a seed: the
// same seed and the same calls give the same disk. What a call of `sync` has covered survives every
// crash; of the rest, anything may.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
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

enum class SimOperation : u8 { Open, Allocate, Read, Write, Sync, SyncDirectory, Rename, Remove };
inline constexpr usize kSimOperations = 8;

// Lies are of one user: what it was told is durable is not.
struct SimOptions {
  bool in_order = false;         // Operations complete in the order in which they were asked for.
  bool complete_on_poll = true;  // `poll` completes some; otherwise only `step` does.
  bool lie_about_syncs = false;  // Syncs succeed and do nothing: a disk that no log survives.
  bool lie_about_durable_writes = false;   // Only those syncs that are part of a write.
  bool lie_about_directory_syncs = false;  // Only those of directories.
};

// The disk, and the first of its users. Its members and those of other users may be called by
// several threads.
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

  // A second user of the same disk, with files, submissions and completions of its own, which this
  // object must outlive. It belongs to the same process: `crash` and `kill_process` leave it
  // without files and operations. When it is destroyed, its operations under way happened, or did
  // not.
  std::unique_ptr<storage::Storage> another_user();
  std::unique_ptr<storage::Storage> another_user(SimOptions options);

  // Changes what this first user was made with.
  void set_options(SimOptions options);
  // Completes one submitted operation of any user; false if there is none. `poll` of that user then
  // reports it.
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
  void clear_faults();
  // After so many more operations of any kind the power is gone: all others fail, and do nothing.
  // `crash` is to follow; it gives the power back. Nothing takes back a loss that is to come.
  void lose_power_after(std::optional<u64> operations);
  bool power_lost() const;
  // Operations of all kinds so far, a sync that is part of a write included.
  u64 operations() const;
  // Room on the disk for the sizes of all files together; nothing means endless. A write that would
  // make a file grow beyond it fails.
  void limit_space(std::optional<u64> bytes);
  u64 used_bytes() const;

  // Damage at rest: changes a byte, or several; makes the sector at this offset unreadable until it
  // is written. `heal` takes back all that was not overwritten since and says how much that was.
  void damage(const std::string& path, u64 offset, std::byte value);
  void damage(const std::string& path, u64 offset, std::span<const std::byte> values);
  void make_unreadable(const std::string& path, u64 offset);
  usize heal();
  // Changed bytes of this file from here on are not damage any more: `heal` leaves them.
  void keep_damage(const std::string& path, u64 offset);

  // What a process would read now, as a disk of its own.
  DiskImage image() const;

  u64 syncs() const;
  // Called after each rename, with the names before and after.
  void set_rename_listener(std::function<void(const std::string&, const std::string&)> listener) {
    on_rename_ = std::move(listener);
  }

 private:
  class Guest;
  struct User;
  struct Change;
  struct Inode;
  struct DirectoryChange;
  struct Operation;
  struct Damage;

  using InodeRef = std::shared_ptr<Inode>;

  Result<storage::File> open_for(const std::string& path, storage::OpenMode mode);
  Status sync_now_for(const User& user, storage::File file);
  Status sync_directory_now_for(const User& user, const std::string& path);
  void ask(User& user, Operation operation);
  void submit_for(User& user);
  usize poll_for(User& user, std::span<storage::Completion> completions);
  bool step_user(User& user);
  void leave(User& user);

  int injected_error(SimOperation operation);
  InodeRef inode_of(storage::File file) const;
  std::string path_of(storage::File file) const;
  bool directory_exists(const std::string& path) const { return directories_.contains(path); }
  void complete(User& user, Operation& operation);
  // As at a kill: of the write under way, each sector happened or did not.
  void settle_under_way(Operation& operation);
  void sync_inode(Inode& inode, u64 before, int error);
  void sync_entries(const std::string& directory, u64 before, int error);
  void apply_to_stable(const DirectoryChange& change);
  void settle_entries();
  void settle_inode(Inode& inode);
  void settle_abandoned(Inode& inode);
  void settle_change(Inode& inode, const Change& change, u64 loss_percent);
  void forget_process();
  u64 bytes_in_use() const;
  // Whether the file may have so many bytes.
  bool has_room(const Inode& inode, u64 bytes) const;

  // Recursive, since members call each other.
  mutable std::recursive_mutex mutex_;
  Random random_;
  std::vector<std::unique_ptr<User>> users_;  // The first is this object itself.
  std::set<std::string> directories_;
  std::map<std::string, InodeRef> entries_;         // As processes see them.
  std::map<std::string, InodeRef> stable_entries_;  // As they are after a crash, at least.
  std::vector<DirectoryChange> entry_changes_;      // Unsynced, oldest first.
  std::map<int, InodeRef> handles_;
  int next_handle_ = 1;  // Never used twice, so that a handle of before a crash stays invalid.
  u64 time_ = 0;         // Counts events, to tell what a sync covers.
  struct Fault {
    u64 countdown = 0;
    int error = 0;
  };
  std::array<Fault, kSimOperations> faults_;
  std::optional<u64> space_bytes_;
  std::optional<u64> operations_until_power_loss_;
  std::vector<Damage> damages_;
  std::function<void(const std::string&, const std::string&)> on_rename_;
  u64 operations_ = 0;
  u64 syncs_ = 0;
};

}  // namespace florin::test
