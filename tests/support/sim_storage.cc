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
  std::set<u64> unreadable;        // Offsets of sectors.
};

// What damage changed, to take it back.
struct SimStorage::Damage {
  InodeRef inode;
  u64 offset = 0;
  std::vector<std::byte> before;
  std::vector<std::byte> after;  // Empty: the sector is unreadable.
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

struct SimStorage::User {
  SimOptions options;
  std::vector<Operation> asked;
  std::vector<Operation> submitted;
  std::deque<Completion> completed;
};

// Another user: everything but the queues is the disk's.
class SimStorage::Guest final : public storage::Storage {
 public:
  Guest(SimStorage& disk, User& user) : disk_(disk), user_(user) {}
  ~Guest() override { disk_.leave(user_); }

  Result<File> open(const std::string& path, OpenMode mode) override {
    return disk_.open_for(path, mode);
  }
  void close(File file) override { disk_.close(file); }
  Result<u64> size_bytes(File file) override { return disk_.size_bytes(file); }
  Status rename(const std::string& from, const std::string& to) override {
    return disk_.rename(from, to);
  }
  Status remove(const std::string& path) override { return disk_.remove(path); }
  Status create_directory(const std::string& path) override { return disk_.create_directory(path); }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return disk_.list(path);
  }
  Status allocate(File file, u64 bytes) override { return disk_.allocate(file, bytes); }
  Status read(File file, u64 offset, std::span<std::byte> target) override {
    return disk_.read(file, offset, target);
  }
  Status sync_now(File file) override { return disk_.sync_now_for(user_, file); }
  Status sync_directory_now(const std::string& path) override {
    return disk_.sync_directory_now_for(user_, path);
  }
  void write(File file, u64 offset, std::span<const std::byte> bytes, Durability durability,
             u64 token) override {
    disk_.ask(user_, write_of(disk_, file, offset, bytes, durability, token));
  }
  void sync(File file, u64 token) override { disk_.ask(user_, sync_of(disk_, file, token)); }
  void sync_directory(const std::string& path, u64 token) override {
    disk_.ask(user_, sync_directory_of(disk_, path, token));
  }
  void submit() override { disk_.submit_for(user_); }
  usize poll(std::span<Completion> completions) override {
    return disk_.poll_for(user_, completions);
  }
  int completion_descriptor() const override { return -1; }
  std::string describe() const override { return disk_.describe(); }

  static Operation write_of(SimStorage& disk, File file, u64 offset,
                            std::span<const std::byte> bytes, Durability durability, u64 token) {
    CHECK(offset % kSectorBytes == 0 && bytes.size() % kSectorBytes == 0 && !bytes.empty());
    CHECK(reinterpret_cast<usize>(bytes.data()) % kSectorBytes == 0);
    const std::lock_guard lock(disk.mutex_);
    return {SimOperation::Write,
            disk.inode_of(file),
            "",
            offset,
            bytes,
            std::vector<std::byte>(bytes.begin(), bytes.end()),
            durability,
            token,
            0};
  }
  static Operation sync_of(SimStorage& disk, File file, u64 token) {
    const std::lock_guard lock(disk.mutex_);
    return {SimOperation::Sync, disk.inode_of(file), "", 0, {}, {}, Durability::None, token, 0};
  }
  static Operation sync_directory_of(SimStorage& disk, const std::string& path, u64 token) {
    const std::lock_guard lock(disk.mutex_);
    CHECK(disk.directory_exists(path));
    return {SimOperation::SyncDirectory, nullptr, path, 0, {}, {}, Durability::None, token, 0};
  }

 private:
  SimStorage& disk_;
  User& user_;
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
    : random_(seed), directories_(image.directories) {
  users_.push_back(std::make_unique<User>(User{options, {}, {}, {}}));
  for (const auto& [path, content] : image.files) {
    auto inode = std::make_shared<Inode>();
    inode->current = content;
    inode->stable = content;
    entries_[path] = inode;
  }
  stable_entries_ = entries_;
}

SimStorage::~SimStorage() = default;

std::unique_ptr<storage::Storage> SimStorage::another_user() {
  const std::lock_guard lock(mutex_);
  return another_user(users_.front()->options);
}

std::unique_ptr<storage::Storage> SimStorage::another_user(SimOptions options) {
  const std::lock_guard lock(mutex_);
  users_.push_back(std::make_unique<User>(User{options, {}, {}, {}}));
  return std::make_unique<Guest>(*this, *users_.back());
}

void SimStorage::leave(User& user) {
  const std::lock_guard lock(mutex_);
  submit_for(user);
  for (Operation& operation : user.submitted) settle_under_way(operation);
  std::erase_if(users_, [&](const auto& each) { return each.get() == &user; });
}

Result<File> SimStorage::open(const std::string& path, OpenMode mode) {
  return open_for(path, mode);
}

Result<File> SimStorage::open_for(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(mutex_);
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
  const std::lock_guard lock(mutex_);
  CHECK(file.handle > 0 && file.handle < next_handle_);
  handles_.erase(file.handle);
}

Result<u64> SimStorage::size_bytes(File file) {
  const std::lock_guard lock(mutex_);
  return inode_of(file)->current.size();
}

Status SimStorage::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (const int error = injected_error(SimOperation::Rename)) {
    return fail_errno(error, "rename " + from);
  }
  const auto entry = entries_.find(from);
  if (entry == entries_.end()) return fail_errno(ENOENT, "rename " + from);
  const InodeRef inode = entry->second;
  entries_.erase(entry);
  entries_[to] = inode;
  entry_changes_.push_back({DirectoryChange::Kind::Rename, to, from, inode, ++time_});
  if (on_rename_) on_rename_(from, to);
  return {};
}

Status SimStorage::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const int error = injected_error(SimOperation::Remove)) {
    return fail_errno(error, "remove " + path);
  }
  if (entries_.erase(path) == 0) return fail_errno(ENOENT, "remove " + path);
  entry_changes_.push_back({DirectoryChange::Kind::Remove, path, "", nullptr, ++time_});
  return {};
}

Status SimStorage::create_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  directories_.insert(path);
  return {};
}

Result<std::vector<std::string>> SimStorage::list(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (power_lost()) return fail_errno(EIO, "list " + path);
  if (!directory_exists(path)) return fail_errno(ENOENT, "list " + path);
  std::vector<std::string> names;
  for (const auto& [name, inode] : entries_) {
    if (parent_of(name) == path) names.push_back(name.substr(path.size() + 1));
  }
  std::ranges::sort(names);
  return names;
}

Status SimStorage::allocate(File file, u64 bytes) {
  const std::lock_guard lock(mutex_);
  if (const int error = injected_error(SimOperation::Allocate)) {
    return fail_errno(error, "reserve room in " + path_of(file));
  }
  const InodeRef inode = inode_of(file);
  if (bytes <= inode->current.size()) return {};
  if (!has_room(*inode, bytes)) return fail_errno(ENOSPC, "reserve room in " + path_of(file));
  inode->current.resize(bytes);
  return {};
}

Status SimStorage::read(File file, u64 offset, std::span<std::byte> target) {
  const std::lock_guard lock(mutex_);
  const InodeRef inode = inode_of(file);
  CHECK(offset % kSectorBytes == 0 && target.size() % kSectorBytes == 0);
  CHECK(reinterpret_cast<usize>(target.data()) % kSectorBytes == 0);
  if (const int error = injected_error(SimOperation::Read))
    return fail_errno(error, "read " + path_of(file));
  if (offset + target.size() > inode->current.size())
    return fail_errno(EIO, "read whole " + path_of(file));
  const auto unreadable = inode->unreadable.lower_bound(offset);
  if (unreadable != inode->unreadable.end() && *unreadable < offset + target.size()) {
    return fail_errno(EIO, "read " + path_of(file));
  }
  std::memcpy(target.data(), inode->current.data() + offset, target.size());
  return {};
}

Status SimStorage::sync_now(File file) { return sync_now_for(*users_.front(), file); }

Status SimStorage::sync_now_for(const User& user, File file) {
  const std::lock_guard lock(mutex_);
  const int error = injected_error(SimOperation::Sync);
  if (!user.options.lie_about_syncs) sync_inode(*inode_of(file), ++time_, error);
  return error == 0 ? Status{} : fail_errno(error, "sync " + path_of(file));
}

Status SimStorage::sync_directory_now(const std::string& path) {
  return sync_directory_now_for(*users_.front(), path);
}

Status SimStorage::sync_directory_now_for(const User& user, const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!directory_exists(path)) return fail_errno(ENOENT, "sync " + path);
  const int error = injected_error(SimOperation::SyncDirectory);
  const bool lie = user.options.lie_about_syncs || user.options.lie_about_directory_syncs;
  if (!lie) sync_entries(path, ++time_, error);
  return error == 0 ? Status{} : fail_errno(error, "sync " + path);
}

void SimStorage::write(File file, u64 offset, std::span<const std::byte> bytes,
                       Durability durability, u64 token) {
  ask(*users_.front(), Guest::write_of(*this, file, offset, bytes, durability, token));
}

void SimStorage::sync(File file, u64 token) {
  ask(*users_.front(), Guest::sync_of(*this, file, token));
}

void SimStorage::sync_directory(const std::string& path, u64 token) {
  ask(*users_.front(), Guest::sync_directory_of(*this, path, token));
}

void SimStorage::ask(User& user, Operation operation) {
  const std::lock_guard lock(mutex_);
  operation.asked_at = ++time_;
  user.asked.push_back(std::move(operation));
}

void SimStorage::submit() { submit_for(*users_.front()); }

void SimStorage::submit_for(User& user) {
  const std::lock_guard lock(mutex_);
  std::ranges::move(user.asked, std::back_inserter(user.submitted));
  user.asked.clear();
}

usize SimStorage::operations_pending() const {
  const std::lock_guard lock(mutex_);
  usize pending = 0;
  for (const auto& user : users_) pending += user->submitted.size() + user->asked.size();
  return pending;
}

usize SimStorage::poll(std::span<Completion> completions) {
  return poll_for(*users_.front(), completions);
}

usize SimStorage::poll_for(User& user, std::span<Completion> completions) {
  const std::lock_guard lock(mutex_);
  if (user.options.complete_on_poll) {
    for (u64 chances = user.submitted.size(); chances > 0; --chances) {
      if (random_.chance(1, 2)) step_user(user);
    }
  }
  usize count = 0;
  while (count < completions.size() && !user.completed.empty()) {
    completions[count++] = user.completed.front();
    user.completed.pop_front();
  }
  return count;
}

void SimStorage::set_options(SimOptions options) {
  const std::lock_guard lock(mutex_);
  users_.front()->options = options;
}

bool SimStorage::step() {
  const std::lock_guard lock(mutex_);
  usize busy = 0;
  for (const auto& user : users_) busy += !user->submitted.empty();
  if (busy == 0) return false;
  usize chosen = busy == 1 ? 0 : random_.below(busy);
  for (const auto& user : users_) {
    if (user->submitted.empty()) continue;
    if (chosen-- == 0) return step_user(*user);
  }
  return false;
}

bool SimStorage::step_user(User& user) {
  if (user.submitted.empty()) return false;
  const usize chosen = user.options.in_order ? 0 : random_.below(user.submitted.size());
  Operation operation = std::move(user.submitted[chosen]);
  user.submitted.erase(user.submitted.begin() + static_cast<std::ptrdiff_t>(chosen));
  complete(user, operation);
  return true;
}

void SimStorage::complete(User& user, Operation& operation) {
  const SimOptions& options = user.options;
  int error = 0;
  if (operation.kind == SimOperation::Write) {
    CHECK(std::ranges::equal(operation.bytes, operation.copy));
    error = injected_error(SimOperation::Write);
    if (error == 0 && !has_room(*operation.inode, operation.offset + operation.copy.size())) {
      error = ENOSPC;
    }
    const bool durable = error == 0 && operation.durability == Durability::Durable;
    // A durable write covers itself, and of the others those that were complete when it was asked
    // for.
    const u64 now = ++time_;
    Inode& inode = *operation.inode;
    if (error == 0) {
      write_into(inode.current, operation.offset, operation.copy);
      inode.unreadable.erase(
          inode.unreadable.lower_bound(operation.offset),
          inode.unreadable.lower_bound(operation.offset + operation.copy.size()));
    }
    inode.unsynced.push_back({operation.offset, std::move(operation.copy),
                              durable ? operation.asked_at : now, now, error != 0, error != 0});
    if (durable) {
      error = injected_error(SimOperation::Sync);
      const bool lie = options.lie_about_syncs || options.lie_about_durable_writes;
      if (!lie) sync_inode(inode, operation.asked_at, error);
    }
  } else {
    error = injected_error(operation.kind);
    if (operation.kind == SimOperation::Sync) {
      if (!options.lie_about_syncs) sync_inode(*operation.inode, operation.asked_at, error);
    } else if (!options.lie_about_syncs && !options.lie_about_directory_syncs) {
      sync_entries(operation.directory, operation.asked_at, error);
    }
  }
  user.completed.push_back({operation.token, error});
}

void SimStorage::sync_inode(Inode& inode, u64 before, int error) {
  ++syncs_;
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
  if (error != 0) return;
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
  const std::lock_guard lock(mutex_);
  for (const auto& user : users_) {
    submit_for(*user);
    for (Operation& operation : user->submitted) {
      if (operation.kind != SimOperation::Write) continue;
      operation.inode->unsynced.push_back(
          {operation.offset, std::move(operation.copy), time_, ++time_, false, true});
    }
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
  const std::lock_guard lock(mutex_);
  for (const auto& [path, inode] : entries_) settle_abandoned(*inode);
  for (const auto& user : users_) {
    submit_for(*user);
    for (Operation& operation : user->submitted) settle_under_way(operation);
  }
  forget_process();
}

void SimStorage::settle_under_way(Operation& operation) {
  if (operation.kind != SimOperation::Write) return;
  for (u64 at = 0; at < operation.copy.size(); at += kSectorBytes) {
    if (random_.chance(1, 2)) continue;
    const auto first = operation.copy.begin() + static_cast<std::ptrdiff_t>(at);
    std::vector<std::byte> sector(first, first + static_cast<std::ptrdiff_t>(kSectorBytes));
    write_into(operation.inode->current, operation.offset + at, sector);
    operation.inode->unreadable.erase(operation.offset + at);
    const u64 now = ++time_;
    operation.inode->unsynced.push_back(
        {operation.offset + at, std::move(sector), now, now, false, false});
  }
}

void SimStorage::forget_process() {
  for (const auto& user : users_) {
    user->asked.clear();
    user->submitted.clear();
    user->completed.clear();
  }
  handles_.clear();
  operations_until_power_loss_.reset();
}

void SimStorage::fail_nth(SimOperation operation, u64 nth, int error_number) {
  const std::lock_guard lock(mutex_);
  CHECK(nth > 0 && error_number != 0);
  faults_[static_cast<usize>(operation)] = {nth, error_number};
}

void SimStorage::clear_faults() {
  const std::lock_guard lock(mutex_);
  faults_ = {};
}

void SimStorage::lose_power_after(std::optional<u64> operations) {
  const std::lock_guard lock(mutex_);
  operations_until_power_loss_ = operations;
}

bool SimStorage::power_lost() const {
  const std::lock_guard lock(mutex_);
  return operations_until_power_loss_ == u64{0};
}

u64 SimStorage::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

int SimStorage::injected_error(SimOperation operation) {
  ++operations_;
  if (operations_until_power_loss_) {
    if (*operations_until_power_loss_ == 0) return EIO;
    --*operations_until_power_loss_;
  }
  Fault& fault = faults_[static_cast<usize>(operation)];
  if (fault.countdown == 0 || --fault.countdown > 0) return 0;
  return fault.error;
}

void SimStorage::limit_space(std::optional<u64> bytes) {
  const std::lock_guard lock(mutex_);
  space_bytes_ = bytes;
}

u64 SimStorage::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_in_use();
}

u64 SimStorage::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

void SimStorage::damage(const std::string& path, u64 offset, std::byte value) {
  damage(path, offset, std::span(&value, 1));
}

void SimStorage::damage(const std::string& path, u64 offset, std::span<const std::byte> values) {
  const std::lock_guard lock(mutex_);
  const InodeRef inode = entries_.at(path);
  CHECK(offset + values.size() <= inode->current.size());
  // Each sector by itself: some may be overwritten before the others are healed.
  while (!values.empty()) {
    const u64 bytes = std::min<u64>(values.size(), kSectorBytes - offset % kSectorBytes);
    const auto first = inode->current.begin() + static_cast<std::ptrdiff_t>(offset);
    damages_.push_back({inode,
                        offset,
                        {first, first + static_cast<std::ptrdiff_t>(bytes)},
                        {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(bytes)}});
    write_into(inode->current, offset, values.first(bytes));
    write_into(inode->stable, offset, values.first(bytes));
    offset += bytes;
    values = values.subspan(bytes);
  }
}

void SimStorage::make_unreadable(const std::string& path, u64 offset) {
  const std::lock_guard lock(mutex_);
  const InodeRef inode = entries_.at(path);
  CHECK(offset % kSectorBytes == 0 && offset < inode->current.size());
  inode->unreadable.insert(offset);
  damages_.push_back({inode, offset, {}, {}});
}

void SimStorage::keep_damage(const std::string& path, u64 offset) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(path);
  if (entry == entries_.end()) return;
  std::erase_if(damages_, [&](const Damage& damage) {
    return damage.inode == entry->second && damage.offset >= offset && !damage.after.empty();
  });
}

usize SimStorage::heal() {
  const std::lock_guard lock(mutex_);
  usize healed = 0;
  for (usize i = damages_.size(); i-- > 0;) {  // The last first: they may overlap.
    const Damage& damage = damages_[i];
    if (damage.after.empty()) {
      healed += damage.inode->unreadable.erase(damage.offset);
      continue;
    }
    const u64 end = damage.offset + damage.after.size();
    if (end > damage.inode->current.size() || end > damage.inode->stable.size()) continue;
    const std::span found(damage.inode->current.data() + damage.offset, damage.after.size());
    if (!std::ranges::equal(found, damage.after)) continue;
    write_into(damage.inode->current, damage.offset, damage.before);
    write_into(damage.inode->stable, damage.offset, damage.before);
    ++healed;
  }
  damages_.clear();
  return healed;
}

DiskImage SimStorage::image() const {
  const std::lock_guard lock(mutex_);
  DiskImage image{directories_, {}};
  for (const auto& [path, inode] : entries_) image.files[path] = inode->current;
  return image;
}

SimStorage::InodeRef SimStorage::inode_of(File file) const {
  const auto handle = handles_.find(file.handle);
  CHECK(handle != handles_.end());
  return handle->second;
}

std::string SimStorage::path_of(File file) const {
  const InodeRef inode = inode_of(file);
  for (const auto& [path, each] : entries_) {
    if (each == inode) return path;
  }
  return "a removed file";
}

bool SimStorage::has_room(const Inode& inode, u64 bytes) const {
  const u64 size = inode.current.size();
  return bytes <= size || !space_bytes_ || bytes_in_use() + bytes - size <= *space_bytes_;
}

u64 SimStorage::bytes_in_use() const {
  u64 bytes = 0;
  for (const auto& [path, inode] : entries_) bytes += inode->current.size();
  return bytes;
}

}  // namespace florin::test
