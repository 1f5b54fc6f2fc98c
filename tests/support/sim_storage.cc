// The simulated disk.
#include "tests/support/sim_storage.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace florin::test {

using storage::Completion;
using storage::Durability;
using storage::File;
using storage::kSectorBytes;
using storage::OpenMode;

// A write that no sync has covered yet.
struct SimStorage::Change {
  u64 offset = 0;
  std::vector<std::byte> bytes;
  u64 synced_by = 0;       // A sync asked for at this time or later covers it.
  u64 order = 0;           // When it was completed: the later of two writes stays.
  bool abandoned = false;  // A sync of it failed: never durable any more.
  bool under_way = false;  // At a crash.
};

struct SimStorage::Inode {
  std::vector<std::byte> current;  // With all completed writes.
  std::vector<std::byte> stable;   // What syncs have made sure of ...
  std::vector<u64> stable_order;   // ... and for each sector of it, the order of its write.
  std::vector<Change> unsynced;    // In order of completion.
};

struct SimStorage::DirectoryChange {
  enum class Kind : u8 { Add, Rename, Remove };
  Kind kind = Kind::Add;
  std::string path;
  std::string from;  // Of a rename.
  InodeRef inode;
  u64 made_at = 0;
};

struct SimStorage::Operation {
  SimOperation kind = SimOperation::Write;
  InodeRef inode;
  std::string directory;
  u64 offset = 0;
  std::span<const std::byte> bytes;
  std::vector<std::byte> copy;  // To see that the bytes were left alone, and for a crash.
  Durability durability = Durability::None;
  u64 token = 0;
  u64 asked_at = 0;
};

namespace {

std::string parent_of(const std::string& path) {
  const usize slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

void write_into(std::vector<std::byte>& content, u64 offset, std::span<const std::byte> bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
  std::ranges::copy(bytes, content.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

SimStorage::SimStorage(u64 seed, const DiskImage& image, SimOptions options)
    : random_(seed), options_(options), directories_(image.directories) {
  for (const auto& [path, content] : image.files) {
    auto inode = std::make_shared<Inode>();
    inode->current = content;
    inode->stable = content;
    entries_[path] = inode;
  }
  stable_entries_ = entries_;
}

SimStorage::~SimStorage() = default;

Result<File> SimStorage::open(const std::string& path, OpenMode mode) {
  if (const int error = injected_error(SimOperation::Open))
    return fail_errno(error, "open " + path);
  const bool exists = entries_.contains(path);
  if (mode == OpenMode::Create) {
    if (exists) return fail_errno(EEXIST, "create " + path);
    if (!directory_exists(parent_of(path))) return fail_errno(ENOENT, "create " + path);
    const auto inode = std::make_shared<Inode>();
    entries_[path] = inode;
    entry_changes_.push_back({DirectoryChange::Kind::Add, path, "", inode, ++time_});
  } else if (!exists) {
    return fail_errno(ENOENT, "open " + path);
  }
  handles_[next_handle_] = entries_[path];
  return File{next_handle_++};
}

// A handle of before a crash may be closed by an owner who does not know of it.
void SimStorage::close(File file) {
  CHECK(file.handle > 0 && file.handle < next_handle_);
  handles_.erase(file.handle);
}

Result<u64> SimStorage::size_bytes(File file) { return inode_of(file)->current.size(); }

Status SimStorage::rename(const std::string& from, const std::string& to) {
  if (const int error = injected_error(SimOperation::Rename)) {
    return fail_errno(error, "rename " + from);
  }
  const auto entry = entries_.find(from);
  if (entry == entries_.end()) return fail_errno(ENOENT, "rename " + from);
  const InodeRef inode = entry->second;
  entries_.erase(entry);
  entries_[to] = inode;
  entry_changes_.push_back({DirectoryChange::Kind::Rename, to, from, inode, ++time_});
  return {};
}

Status SimStorage::remove(const std::string& path) {
  if (entries_.erase(path) == 0) return fail_errno(ENOENT, "remove " + path);
  entry_changes_.push_back({DirectoryChange::Kind::Remove, path, "", nullptr, ++time_});
  return {};
}

Status SimStorage::create_directory(const std::string& path) {
  directories_.insert(path);
  return {};
}

Result<std::vector<std::string>> SimStorage::list(const std::string& path) {
  if (!directory_exists(path)) return fail_errno(ENOENT, "list " + path);
  std::vector<std::string> names;
  for (const auto& [name, inode] : entries_) {
    if (parent_of(name) == path) names.push_back(name.substr(path.size() + 1));
  }
  std::ranges::sort(names);
  return names;
}

Status SimStorage::allocate(File file, u64 bytes) {
  if (const int error = injected_error(SimOperation::Allocate)) {
    return fail_errno(error, "allocate room");
  }
  const InodeRef inode = inode_of(file);
  const u64 size = inode->current.size();
  if (bytes <= size) return {};
  if (space_bytes_ && used_bytes() + bytes - size > *space_bytes_) {
    return fail_errno(ENOSPC, "allocate room");
  }
  inode->current.resize(bytes);
  return {};
}

Status SimStorage::read(File file, u64 offset, std::span<std::byte> target) {
  const InodeRef inode = inode_of(file);
  CHECK(offset % kSectorBytes == 0 && target.size() % kSectorBytes == 0);
  CHECK(reinterpret_cast<usize>(target.data()) % kSectorBytes == 0);
  if (const int error = injected_error(SimOperation::Read)) return fail_errno(error, "read");
  if (offset + target.size() > inode->current.size()) return fail_errno(EIO, "read whole");
  std::memcpy(target.data(), inode->current.data() + offset, target.size());
  return {};
}

Status SimStorage::sync_now(File file) {
  const int error = injected_error(SimOperation::Sync);
  sync_inode(*inode_of(file), ++time_, error);
  return error == 0 ? Status{} : fail_errno(error, "sync");
}

Status SimStorage::sync_directory_now(const std::string& path) {
  if (!directory_exists(path)) return fail_errno(ENOENT, "sync " + path);
  const int error = injected_error(SimOperation::SyncDirectory);
  sync_entries(path, ++time_, error);
  return error == 0 ? Status{} : fail_errno(error, "sync " + path);
}

void SimStorage::write(File file, u64 offset, std::span<const std::byte> bytes,
                       Durability durability, u64 token) {
  CHECK(offset % kSectorBytes == 0 && bytes.size() % kSectorBytes == 0 && !bytes.empty());
  CHECK(reinterpret_cast<usize>(bytes.data()) % kSectorBytes == 0);
  asked_.push_back({SimOperation::Write, inode_of(file), "", offset, bytes,
                    std::vector<std::byte>(bytes.begin(), bytes.end()), durability, token,
                    ++time_});
}

void SimStorage::sync(File file, u64 token) {
  asked_.push_back(
      {SimOperation::Sync, inode_of(file), "", 0, {}, {}, Durability::None, token, ++time_});
}

void SimStorage::sync_directory(const std::string& path, u64 token) {
  CHECK(directory_exists(path));
  asked_.push_back(
      {SimOperation::SyncDirectory, nullptr, path, 0, {}, {}, Durability::None, token, ++time_});
}

void SimStorage::submit() {
  std::ranges::move(asked_, std::back_inserter(submitted_));
  asked_.clear();
}

usize SimStorage::operations_pending() const { return submitted_.size() + asked_.size(); }

usize SimStorage::poll(std::span<Completion> completions) {
  if (options_.complete_on_poll) {
    for (u64 chances = submitted_.size(); chances > 0; --chances) {
      if (random_.chance(1, 2)) step();
    }
  }
  usize count = 0;
  while (count < completions.size() && !completed_.empty()) {
    completions[count++] = completed_.front();
    completed_.pop_front();
  }
  return count;
}

bool SimStorage::step() {
  if (submitted_.empty()) return false;
  const usize chosen = options_.in_order ? 0 : random_.below(submitted_.size());
  Operation operation = std::move(submitted_[chosen]);
  submitted_.erase(submitted_.begin() + static_cast<std::ptrdiff_t>(chosen));
  complete(operation);
  return true;
}

void SimStorage::complete(Operation& operation) {
  int error = 0;
  if (operation.kind == SimOperation::Write) {
    CHECK(std::ranges::equal(operation.bytes, operation.copy));
    error = injected_error(SimOperation::Write);
    const bool durable = error == 0 && operation.durability == Durability::Durable;
    // A durable write covers itself, and of the others those that were complete when it was asked
    // for.
    const u64 now = ++time_;
    if (error == 0) write_into(operation.inode->current, operation.offset, operation.copy);
    operation.inode->unsynced.push_back({operation.offset, std::move(operation.copy),
                                         durable ? operation.asked_at : now, now, error != 0,
                                         error != 0});
    if (durable) {
      error = injected_error(SimOperation::Sync);
      sync_inode(*operation.inode, operation.asked_at, error);
    }
  } else {
    error = injected_error(operation.kind);
    if (operation.kind == SimOperation::Sync) {
      sync_inode(*operation.inode, operation.asked_at, error);
    } else {
      sync_entries(operation.directory, operation.asked_at, error);
    }
  }
  completed_.push_back({operation.token, error});
}

void SimStorage::sync_inode(Inode& inode, u64 before, int error) {
  ++syncs_;
  if (options_.lie_about_syncs) return;
  std::vector<Change> rest;
  if (error == 0) inode.stable.resize(inode.current.size());
  for (Change& change : inode.unsynced) {
    const bool covered = change.synced_by <= before && !change.abandoned;
    if (covered && error == 0) {
      write_into(inode.stable, change.offset, change.bytes);
      inode.stable_order.resize(inode.stable.size() / kSectorBytes);
      for (u64 at = 0; at < change.bytes.size(); at += kSectorBytes) {
        inode.stable_order[(change.offset + at) / kSectorBytes] = change.order;
      }
    } else {
      change.abandoned = change.abandoned || covered;
      rest.push_back(std::move(change));
    }
  }
  inode.unsynced = std::move(rest);
}

void SimStorage::sync_entries(const std::string& directory, u64 before, int error) {
  if (error != 0 || options_.lie_about_syncs) return;
  std::vector<DirectoryChange> rest;
  for (DirectoryChange& change : entry_changes_) {
    if (parent_of(change.path) != directory || change.made_at > before) {
      rest.push_back(std::move(change));
    } else {
      apply_to_stable(change);
    }
  }
  entry_changes_ = std::move(rest);
}

void SimStorage::apply_to_stable(const DirectoryChange& change) {
  switch (change.kind) {
    case DirectoryChange::Kind::Add: stable_entries_[change.path] = change.inode; return;
    case DirectoryChange::Kind::Rename:
      stable_entries_.erase(change.from);
      stable_entries_[change.path] = change.inode;
      return;
    case DirectoryChange::Kind::Remove: stable_entries_.erase(change.path); return;
  }
}

void SimStorage::crash() {
  submit();
  for (Operation& operation : submitted_) {
    if (operation.kind != SimOperation::Write) continue;
    operation.inode->unsynced.push_back(
        {operation.offset, std::move(operation.copy), time_, ++time_, false, true});
  }
  settle_entries();
  for (const auto& [path, inode] : entries_) settle_inode(*inode);
  forget_process();
}

void SimStorage::settle_entries() {
  for (const DirectoryChange& change : entry_changes_) {
    if (random_.chance(1, 2)) apply_to_stable(change);
  }
  entry_changes_.clear();
  entries_ = stable_entries_;
}

void SimStorage::settle_inode(Inode& inode) {
  // The size of a file is kept apart from its contents, and may be lost alone.
  if (inode.current.size() > inode.stable.size() && random_.chance(1, 2)) {
    inode.stable.resize(inode.current.size());
  }
  inode.stable_order.resize(inode.stable.size() / kSectorBytes);
  const u64 loss_percent = random_.below(5) * 25;
  for (const Change& change : inode.unsynced) settle_change(inode, change, loss_percent);
  inode.unsynced.clear();
  inode.current = inode.stable;
}

void SimStorage::settle_abandoned(Inode& inode) {
  std::vector<Change> rest;
  const usize changes = inode.unsynced.size();
  inode.stable_order.resize(inode.stable.size() / kSectorBytes);
  for (Change& change : inode.unsynced) {
    if (change.abandoned) {
      settle_change(inode, change, 50);
    } else {
      rest.push_back(std::move(change));
    }
  }
  inode.unsynced = std::move(rest);
  if (inode.unsynced.size() == changes) return;
  const u64 size = inode.current.size();
  inode.current = inode.stable;
  inode.current.resize(size);
  for (const Change& change : inode.unsynced) {
    write_into(inode.current, change.offset, change.bytes);
  }
}

void SimStorage::settle_change(Inode& inode, const Change& change, u64 loss_percent) {
  for (u64 at = 0; at < change.bytes.size(); at += kSectorBytes) {
    const u64 offset = change.offset + at;
    if (offset + kSectorBytes > inode.stable.size()) continue;
    if (inode.stable_order[offset / kSectorBytes] > change.order) continue;
    const bool lost = random_.chance(loss_percent, 100);
    const bool torn = random_.chance(1, 8);
    for (u64 part = 0; part < kSectorBytes; part += kSubSectorBytes) {
      const bool garbage = change.under_way && torn && random_.chance(1, 8);
      const bool kept = torn ? random_.chance(1, 2) : !lost;
      std::byte* target = inode.stable.data() + offset + part;
      if (kept) std::memcpy(target, change.bytes.data() + at + part, kSubSectorBytes);
      if (garbage) {
        for (u64 i = 0; i < kSubSectorBytes; ++i)
          target[i] = static_cast<std::byte>(random_.next());
      }
    }
  }
}

void SimStorage::kill_process() {
  submit();
  for (const auto& [path, inode] : entries_) settle_abandoned(*inode);
  for (Operation& operation : submitted_) {
    if (operation.kind != SimOperation::Write) continue;
    for (u64 at = 0; at < operation.copy.size(); at += kSectorBytes) {
      if (random_.chance(1, 2)) continue;
      const auto first = operation.copy.begin() + static_cast<std::ptrdiff_t>(at);
      std::vector<std::byte> sector(first, first + static_cast<std::ptrdiff_t>(kSectorBytes));
      write_into(operation.inode->current, operation.offset + at, sector);
      const u64 now = ++time_;
      operation.inode->unsynced.push_back(
          {operation.offset + at, std::move(sector), now, now, false, false});
    }
  }
  forget_process();
}

void SimStorage::forget_process() {
  submitted_.clear();
  completed_.clear();
  handles_.clear();
}

void SimStorage::fail_nth(SimOperation operation, u64 nth, int error_number) {
  CHECK(nth > 0 && error_number != 0);
  faults_[static_cast<usize>(operation)] = {nth, error_number};
}

int SimStorage::injected_error(SimOperation operation) {
  Fault& fault = faults_[static_cast<usize>(operation)];
  if (fault.countdown == 0 || --fault.countdown > 0) return 0;
  return fault.error;
}

void SimStorage::damage(const std::string& path, u64 offset, std::byte value) {
  const InodeRef inode = entries_.at(path);
  inode->current.at(offset) = value;
  inode->stable.at(offset) = value;
}

DiskImage SimStorage::image() const {
  DiskImage image{directories_, {}};
  for (const auto& [path, inode] : entries_) image.files[path] = inode->current;
  return image;
}

SimStorage::InodeRef SimStorage::inode_of(File file) const {
  const auto handle = handles_.find(file.handle);
  CHECK(handle != handles_.end());
  return handle->second;
}

u64 SimStorage::used_bytes() const {
  u64 bytes = 0;
  for (const auto& [path, inode] : entries_) bytes += inode->current.size();
  return bytes;
}

}  // namespace florin::test
