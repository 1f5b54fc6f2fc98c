// A storage that ends its process with SIGKILL at a point that was named, or that forgets to sync:
// a decoration of the real one, for the program fire_server.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/storage.h"

namespace florin::test {

// Where the process may end. A durable write is on stable storage when it is `Synced`.
enum class FirePoint : u8 {
  BeforeCreate,
  AfterCreate,
  BeforeWrite,
  SubmittedWrite,  // On its way to the disk.
  AfterWrite,      // Complete, and the program does not know.
  BeforeSync,
  AfterSync,  // Durable, and the program does not know. Durable writes too.
  BeforeRename,
  AfterRename,
  BeforeDirectorySync,
  AfterDirectorySync,
  BeforeRemove,
  AfterRemove,
};
inline constexpr usize kFirePoints = 13;

// What the operation is about. A rename belongs to what is renamed.
enum class FireFile : u8 { Log, Preparing, Marks, Snapshot, Directory };
inline constexpr usize kFireFiles = 5;

std::string_view name(FirePoint point);
std::string_view name(FireFile file);

struct FirePlace {
  FirePoint point = FirePoint::BeforeWrite;
  FireFile file = FireFile::Log;
  friend bool operator==(const FirePlace&, const FirePlace&) = default;
};
std::string to_text(const FirePlace& place);  // Such as "after_sync:marks".
std::optional<FirePlace> parse_fire_place(std::string_view text);

// Shared by all storages of a process; any thread.
class FirePlan {
 public:
  // The process ends when it comes to this place for the `nth` time, counted from 1.
  void die_at(const FirePlace& place, u64 nth) {
    place_ = place;
    countdown_.store(nth, std::memory_order_relaxed);
  }
  // Nothing is made durable any more, and everything is said to be.
  void forget_syncs() { forget_syncs_ = true; }
  bool forgets_syncs() const { return forget_syncs_; }
  bool concerns(FirePoint point, FireFile file) const { return place_ == FirePlace{point, file}; }
  void reach(FirePoint point, FireFile file);

 private:
  std::optional<FirePlace> place_;
  // Relaxed: it only counts; the threads that meet here share nothing else.
  std::atomic<u64> countdown_{0};
  bool forget_syncs_ = false;
};

// Belongs to one thread, like the storage that it owns.
class FireStorage final : public storage::Storage {
 public:
  FireStorage(std::unique_ptr<storage::Storage> inner, FirePlan& plan)
      : inner_(std::move(inner)), plan_(plan) {}

  Result<storage::File> open(const std::string& path, storage::OpenMode mode) override;
  void close(storage::File file) override;
  Result<u64> size_bytes(storage::File file) override { return inner_->size_bytes(file); }
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status create_directory(const std::string& path) override {
    return inner_->create_directory(path);
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return inner_->list(path);
  }
  Status allocate(storage::File file, u64 bytes) override { return inner_->allocate(file, bytes); }
  Status read(storage::File file, u64 offset, std::span<std::byte> target) override {
    return inner_->read(file, offset, target);
  }
  Status sync_now(storage::File file) override;
  Status sync_directory_now(const std::string& path) override;
  void write(storage::File file, u64 offset, std::span<const std::byte> bytes,
             storage::Durability durability, u64 token) override;
  void sync(storage::File file, u64 token) override;
  void sync_directory(const std::string& path, u64 token) override;
  void submit() override;
  usize poll(std::span<storage::Completion> completions) override;
  int completion_descriptor() const override { return inner_->completion_descriptor(); }
  std::string describe() const override;

 private:
  FireFile kind_of(storage::File file) const;

  std::unique_ptr<storage::Storage> inner_;
  FirePlan& plan_;
  std::map<int, std::string> paths_;            // Of open files.
  std::map<u64, FirePlace> under_way_;          // By token: what is reached at its completion.
  std::optional<FireFile> asked_;               // A write that was asked for and not yet submitted.
  std::vector<storage::Completion> forgotten_;  // Syncs that were not made, to be reported.
};

}  // namespace florin::test
