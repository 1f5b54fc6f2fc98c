// One mutex over everything: the disk is as fast as memory, and what counts is the order.
#include "tests/fire/power_disk.h"

#include <array>
#include <cerrno>
#include <thread>
#include <utility>

namespace florin::test {

namespace {

constexpr std::array<std::string_view, kDiskOperations> kNames = {
    "create", "read", "write", "allocate", "sync", "rename", "remove", "sync_directory"};

void add_up(const DiskNode& directory, u64& bytes) {
  for (const auto& [name, node] : directory.directory.entries()) {
    if (node->is_directory) {
      add_up(*node, bytes);
    } else {
      bytes += node->file.size();
    }
  }
}

void see_files(const DiskNode& directory, const std::string& path,
               const std::function<void(const std::string&, std::span<const std::byte>)>& see) {
  for (const auto& [name, node] : directory.directory.entries()) {
    const std::string inner = path + "/" + name;
    if (node->is_directory) {
      see_files(*node, inner, see);
      continue;
    }
    std::vector<std::byte> content(node->file.size());
    node->file.read(0, content);
    see(inner, content);
  }
}

}  // namespace

std::string_view name(DiskOperation operation) { return kNames[static_cast<usize>(operation)]; }

std::optional<DiskOperation> disk_operation(std::string_view text) {
  for (usize i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<DiskOperation>(i);
  }
  return std::nullopt;
}

PowerDisk::PowerDisk() : root_(std::make_shared<DiskNode>()) {
  root_->is_directory = true;
  root_->number = 1;
  root_->path = std::string(1, '/');
}

DiskNodeRef PowerDisk::node_at(const std::string& path) const {
  DiskNodeRef node = root_;
  usize begin = 1;
  while (node != nullptr && begin < path.size()) {
    const usize end = std::min(path.find('/', begin), path.size());
    if (!node->is_directory) return nullptr;
    node = node->directory.find(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return node;
}

DiskNodeRef PowerDisk::parent_of(const std::string& path, std::string& name) const {
  const usize slash = path.rfind('/');
  name = path.substr(slash + 1);
  DiskNodeRef parent = slash == 0 ? root_ : node_at(path.substr(0, slash));
  return parent != nullptr && parent->is_directory ? parent : nullptr;
}

DiskNodeRef PowerDisk::node_of(Handle handle) const {
  const auto found = handles_.find(handle);
  if (found == handles_.end() || found->second.epoch != epoch_) return nullptr;
  return found->second.node;
}

PowerDisk::Handle PowerDisk::add_handle(const DiskNodeRef& node) {
  handles_[next_handle_] = {node, epoch_};
  return next_handle_++;
}

bool PowerDisk::counts(Plan& plan, DiskOperation operation, const std::string& path) {
  const bool meant =
      plan.match.operation ? *plan.match.operation == operation : operation != DiskOperation::Read;
  if (!meant || path.find(plan.match.path_part) == std::string::npos) return false;
  ++plan.seen;
  return plan.seen >= plan.match.nth;
}

PowerDisk::Plan* PowerDisk::fault_of(DiskOperation operation, const std::string& path) {
  for (Plan& fault : faults_) {
    if (fault.error == 0 && operation != DiskOperation::Write) continue;
    if (!counts(fault, operation, path)) continue;
    if (fault.times != 0 && fault.seen >= fault.match.nth + fault.times) continue;
    ++status_.faults;
    return &fault;
  }
  return nullptr;
}

int PowerDisk::perform(DiskOperation operation, const std::string& path,
                       const std::function<int()>& effect, DiskNode* syncing) {
  if (!status_.power) return -EIO;
  if (operation != DiskOperation::Read) ++status_.operations;
  const Plan* fault = fault_of(operation, path);
  write_is_short_ = fault != nullptr && fault->error == 0;
  if (fault != nullptr && fault->error != 0) {
    if (syncing != nullptr && !syncing->is_directory) syncing->file.abandon();
    return -fault->error;
  }
  if (planned_cut_ && counts(*planned_cut_, operation, path)) {
    const u64 seed = planned_cut_->seed;
    planned_cut_.reset();
    if (Random(seed).chance(1, 2)) effect();
    cut_locked(seed);
    return -EIO;
  }
  return effect();
}

int PowerDisk::attributes(const std::string& path, Attributes& result) {
  const std::lock_guard lock(mutex_);
  if (!status_.power) return -EIO;
  const DiskNodeRef node = node_at(path);
  if (node == nullptr) return -ENOENT;
  result = {node->is_directory, node->number, node->file.size()};
  return 0;
}

int PowerDisk::attributes(Handle handle, Attributes& result) {
  const std::lock_guard lock(mutex_);
  const DiskNodeRef node = node_of(handle);
  if (node == nullptr) return -EIO;
  result = {node->is_directory, node->number, node->file.size()};
  return 0;
}

int PowerDisk::create_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return perform(DiskOperation::Create, path, [&] {
    std::string name;
    const DiskNodeRef parent = parent_of(path, name);
    if (parent == nullptr) return -ENOENT;
    if (parent->directory.find(name) != nullptr) return -EEXIST;
    auto node = std::make_shared<DiskNode>();
    node->is_directory = true;
    node->number = next_number_++;
    node->path = path;
    parent->directory.add(name, node);
    return 0;
  });
}

int PowerDisk::create(const std::string& path, Handle& result) {
  const std::lock_guard lock(mutex_);
  return perform(DiskOperation::Create, path, [&] {
    std::string name;
    const DiskNodeRef parent = parent_of(path, name);
    if (parent == nullptr) return -ENOENT;
    if (parent->directory.find(name) != nullptr) return -EEXIST;
    auto node = std::make_shared<DiskNode>();
    node->number = next_number_++;
    node->path = path;
    parent->directory.add(name, node);
    result = add_handle(node);
    return 0;
  });
}

int PowerDisk::open(const std::string& path, Handle& result) {
  const std::lock_guard lock(mutex_);
  if (!status_.power) return -EIO;
  const DiskNodeRef node = node_at(path);
  if (node == nullptr) return -ENOENT;
  result = add_handle(node);
  return 0;
}

void PowerDisk::release(Handle handle) {
  const std::lock_guard lock(mutex_);
  handles_.erase(handle);
}

int PowerDisk::read(Handle handle, u64 offset, std::span<std::byte> target) {
  const std::lock_guard lock(mutex_);
  const DiskNodeRef node = node_of(handle);
  if (node == nullptr) return -EIO;
  return perform(DiskOperation::Read, node->path,
                 [&] { return static_cast<int>(node->file.read(offset, target)); });
}

u64 PowerDisk::used_bytes() const {
  u64 bytes = 0;
  add_up(*root_, bytes);
  return bytes;
}

bool PowerDisk::has_room(u64 present, u64 wanted) {
  if (space_bytes_ == 0 || wanted <= present) return true;
  if (used_bytes() + (wanted - present) <= space_bytes_) return true;
  ++status_.refused_for_space;
  return false;
}

int PowerDisk::write(Handle handle, u64 offset, std::span<const std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  const DiskNodeRef node = node_of(handle);
  if (node == nullptr) return -EIO;
  return perform(DiskOperation::Write, node->path, [&] {
    if (!has_room(node->file.size(), offset + bytes.size())) return -ENOSPC;
    const std::span<const std::byte> taken =
        write_is_short_ ? bytes.first((bytes.size() + 1) / 2) : bytes;
    node->file.write(offset, taken);
    return static_cast<int>(taken.size());
  });
}

int PowerDisk::resize(const std::string& path, u64 bytes) {
  const std::lock_guard lock(mutex_);
  const DiskNodeRef node = node_at(path);
  if (node == nullptr) return status_.power ? -ENOENT : -EIO;
  return perform(DiskOperation::Allocate, path, [&] {
    if (!has_room(node->file.size(), bytes)) return -ENOSPC;
    node->file.resize(bytes);
    return 0;
  });
}

int PowerDisk::allocate(Handle handle, u64 end) {
  const std::lock_guard lock(mutex_);
  const DiskNodeRef node = node_of(handle);
  if (node == nullptr) return -EIO;
  return perform(DiskOperation::Allocate, node->path, [&] {
    if (!has_room(node->file.size(), end)) return -ENOSPC;
    if (end > node->file.size()) node->file.resize(end);
    return 0;
  });
}

int PowerDisk::sync(Handle handle) {
  std::unique_lock lock(mutex_);
  DiskNodeRef node = node_of(handle);
  if (node == nullptr) return -EIO;
  const u64 writes = node->file.writes();
  const auto delay = sync_delay_;
  lock.unlock();
  if (delay.count() != 0) std::this_thread::sleep_for(delay);
  lock.lock();
  node = node_of(handle);  // The power may have failed meanwhile.
  if (node == nullptr) return -EIO;
  const DiskOperation operation =
      node->is_directory ? DiskOperation::SyncDirectory : DiskOperation::Sync;
  const auto effect = [&] {
    ++status_.syncs;
    if (lie_) return 0;
    if (node->is_directory) {
      node->directory.sync();
    } else {
      node->file.sync(writes);
    }
    return 0;
  };
  return perform(operation, node->path, effect, node.get());
}

int PowerDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  return perform(DiskOperation::Rename, from, [&] {
    std::string from_name;
    std::string to_name;
    const DiskNodeRef parent = parent_of(from, from_name);
    if (parent == nullptr || parent->directory.find(from_name) == nullptr) return -ENOENT;
    if (parent_of(to, to_name) != parent) return -EXDEV;
    parent->directory.find(from_name)->path = to;
    parent->directory.rename(from_name, to_name);
    return 0;
  });
}

int PowerDisk::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return perform(DiskOperation::Remove, path, [&] {
    std::string name;
    const DiskNodeRef parent = parent_of(path, name);
    const DiskNodeRef node = parent == nullptr ? nullptr : parent->directory.find(name);
    if (node == nullptr) return -ENOENT;
    if (node->is_directory && !node->directory.entries().empty()) return -ENOTEMPTY;
    parent->directory.remove(name);
    return 0;
  });
}

int PowerDisk::list(Handle directory, std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  const DiskNodeRef node = node_of(directory);
  if (node == nullptr) return -EIO;
  if (!node->is_directory) return -ENOTDIR;
  for (const auto& [name, entry] : node->directory.entries()) names.push_back(name);
  return 0;
}

void PowerDisk::cut_locked(u64 seed) {
  if (!status_.power) return;
  status_.power = false;
  ++epoch_;
  planned_cut_.reset();
  if (has_unsynced(*root_, "/snapshots")) ++status_.cuts.in_snapshots;
  Random random(seed);
  root_->directory.cut(random, status_.cuts);
}

void PowerDisk::cut(u64 seed) {
  const std::lock_guard lock(mutex_);
  cut_locked(seed);
}

void PowerDisk::cut_at(const OperationMatch& match, u64 seed) {
  const std::lock_guard lock(mutex_);
  planned_cut_ = Plan{match, 0, 1, seed, 0};
}

void PowerDisk::power_on() {
  const std::lock_guard lock(mutex_);
  status_.power = true;
}

void PowerDisk::fail(const OperationMatch& match, u64 times, int error) {
  const std::lock_guard lock(mutex_);
  faults_.push_back({match, 0, times, 0, error});
}

void PowerDisk::settle(u64 seed) {
  const std::lock_guard lock(mutex_);
  Random random(seed);
  settle_abandoned(*root_, random);
}

void PowerDisk::shorten_writes(const OperationMatch& match, u64 times) { fail(match, times, 0); }

void PowerDisk::limit_space(u64 bytes) {
  const std::lock_guard lock(mutex_);
  space_bytes_ = bytes;
}

void PowerDisk::lie_about_syncs(bool lie) {
  const std::lock_guard lock(mutex_);
  lie_ = lie;
}

void PowerDisk::delay_syncs(u64 microseconds) {
  const std::lock_guard lock(mutex_);
  sync_delay_ = std::chrono::microseconds(microseconds);
}

void PowerDisk::heal() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
  planned_cut_.reset();
  space_bytes_ = 0;
  lie_ = false;
  sync_delay_ = {};
}

DiskStatus PowerDisk::status() {
  const std::lock_guard lock(mutex_);
  DiskStatus status = status_;
  status.used_bytes = used_bytes();
  return status;
}

void PowerDisk::each_file(
    const std::function<void(const std::string&, std::span<const std::byte>)>& see) {
  const std::lock_guard lock(mutex_);
  see_files(*root_, "", see);
}

}  // namespace florin::test
