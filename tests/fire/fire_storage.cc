#include "tests/fire/fire_storage.h"

#include <csignal>

#include <unistd.h>

#include "base/check.h"

namespace florin::test {

namespace {

using storage::Completion;
using storage::Durability;
using storage::File;
using storage::OpenMode;

constexpr std::array<std::string_view, kFirePoints> kPointNames = {
    "before_create", "after_create",          "before_write",         "submitted_write",
    "after_write",   "before_sync",           "after_sync",           "before_rename",
    "after_rename",  "before_directory_sync", "after_directory_sync", "before_remove",
    "after_remove"};
constexpr std::array<std::string_view, kFireFiles> kFileNames = {"log", "preparing", "marks",
                                                                 "snapshot", "directory"};

FireFile kind_of_path(const std::string& path) {
  if (path.find("/snapshots") != std::string::npos) return FireFile::Snapshot;
  if (path.ends_with(".preparing")) return FireFile::Preparing;
  if (path.find("/marks") != std::string::npos) return FireFile::Marks;
  if (path.find("/log") != std::string::npos) return FireFile::Log;
  return FireFile::Directory;
}

}  // namespace

std::string_view name(FirePoint point) { return kPointNames[static_cast<usize>(point)]; }
std::string_view name(FireFile file) { return kFileNames[static_cast<usize>(file)]; }

std::string to_text(const FirePlace& place) {
  return std::string(name(place.point)) + ":" + std::string(name(place.file));
}

std::optional<FirePlace> parse_fire_place(std::string_view text) {
  for (usize point = 0; point < kFirePoints; ++point) {
    for (usize file = 0; file < kFireFiles; ++file) {
      const FirePlace place{static_cast<FirePoint>(point), static_cast<FireFile>(file)};
      if (text == to_text(place)) return place;
    }
  }
  return std::nullopt;
}

void FirePlan::reach(FirePoint point, FireFile file) {
  if (!concerns(point, file)) return;
  if (countdown_.fetch_sub(1, std::memory_order_relaxed) == 1) ::kill(::getpid(), SIGKILL);
}

FireFile FireStorage::kind_of(File file) const {
  const auto found = paths_.find(file.handle);
  CHECK(found != paths_.end());
  return kind_of_path(found->second);
}

Result<File> FireStorage::open(const std::string& path, OpenMode mode) {
  const FireFile kind = kind_of_path(path);
  if (mode == OpenMode::Create) plan_.reach(FirePoint::BeforeCreate, kind);
  const auto file = inner_->open(path, mode);
  if (mode == OpenMode::Create) plan_.reach(FirePoint::AfterCreate, kind);
  if (file) paths_[file->handle] = path;
  return file;
}

void FireStorage::close(File file) {
  paths_.erase(file.handle);
  inner_->close(file);
}

Status FireStorage::rename(const std::string& from, const std::string& to) {
  plan_.reach(FirePoint::BeforeRename, kind_of_path(from));
  const Status status = inner_->rename(from, to);
  plan_.reach(FirePoint::AfterRename, kind_of_path(from));
  for (auto& [handle, path] : paths_) {
    if (path == from) path = to;
  }
  return status;
}

Status FireStorage::remove(const std::string& path) {
  plan_.reach(FirePoint::BeforeRemove, kind_of_path(path));
  const Status status = inner_->remove(path);
  plan_.reach(FirePoint::AfterRemove, kind_of_path(path));
  return status;
}

Status FireStorage::sync_now(File file) {
  if (plan_.forgets_syncs()) return {};
  plan_.reach(FirePoint::BeforeSync, kind_of(file));
  const Status status = inner_->sync_now(file);
  plan_.reach(FirePoint::AfterSync, kind_of(file));
  return status;
}

Status FireStorage::sync_directory_now(const std::string& path) {
  if (plan_.forgets_syncs()) return {};
  plan_.reach(FirePoint::BeforeDirectorySync, kind_of_path(path));
  const Status status = inner_->sync_directory_now(path);
  plan_.reach(FirePoint::AfterDirectorySync, kind_of_path(path));
  return status;
}

void FireStorage::write(File file, u64 offset, std::span<const std::byte> bytes,
                        Durability durability, u64 token) {
  const FireFile kind = kind_of(file);
  plan_.reach(FirePoint::BeforeWrite, kind);
  const bool durable = durability == Durability::Durable;
  under_way_[token] = {durable ? FirePoint::AfterSync : FirePoint::AfterWrite, kind};
  asked_ = kind;
  inner_->write(file, offset, bytes, plan_.forgets_syncs() ? Durability::None : durability, token);
}

void FireStorage::sync(File file, u64 token) {
  if (plan_.forgets_syncs()) return forgotten_.push_back({token, 0});
  plan_.reach(FirePoint::BeforeSync, kind_of(file));
  under_way_[token] = {FirePoint::AfterSync, kind_of(file)};
  inner_->sync(file, token);
}

void FireStorage::sync_directory(const std::string& path, u64 token) {
  if (plan_.forgets_syncs()) return forgotten_.push_back({token, 0});
  plan_.reach(FirePoint::BeforeDirectorySync, kind_of_path(path));
  under_way_[token] = {FirePoint::AfterDirectorySync, kind_of_path(path)};
  inner_->sync_directory(path, token);
}

void FireStorage::submit() {
  inner_->submit();
  if (!asked_) return;
  plan_.reach(FirePoint::SubmittedWrite, *asked_);
  asked_.reset();
}

usize FireStorage::poll(std::span<Completion> completions) {
  usize count = 0;
  while (count < completions.size() && !forgotten_.empty()) {
    completions[count++] = forgotten_.back();
    forgotten_.pop_back();
  }
  const usize polled = inner_->poll(completions.subspan(count));
  for (const Completion& completion : completions.subspan(count, polled)) {
    const auto found = under_way_.find(completion.token);
    if (found == under_way_.end()) continue;
    const FirePlace place = found->second;
    under_way_.erase(found);
    plan_.reach(place.point, place.file);
  }
  return count + polled;
}

std::string FireStorage::describe() const {
  return inner_->describe() + (plan_.forgets_syncs() ? ", WITHOUT SYNCS" : ", under fire");
}

}  // namespace florin::test
