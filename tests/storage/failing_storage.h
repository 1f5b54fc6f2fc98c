// A Storage that stops working at one step, as when the process is killed there.
#pragma once

#include <cerrno>
#include <string>
#include <vector>

#include "storage/storage.h"

namespace florin::storage {

// Passes everything on to another storage until the step of that number that changes something;
// that step and all later ones have no effect and fail with EIO.
class FailingStorage final : public Storage {
 public:
  FailingStorage(Storage& inner, u64 failing_step) : inner_(inner), failing_step_(failing_step) {}

  bool has_failed() const { return steps_ >= failing_step_; }

  Result<File> open(const std::string& path, OpenMode mode) override {
    if (mode == OpenMode::Create && fails()) return fail_errno(EIO, "create " + path);
    return inner_.open(path, mode);
  }
  void close(File file) override { inner_.close(file); }
  Result<u64> size_bytes(File file) override { return inner_.size_bytes(file); }
  Status rename(const std::string& from, const std::string& to) override {
    return fails() ? failed("rename") : inner_.rename(from, to);
  }
  Status remove(const std::string& path) override {
    return fails() ? failed("remove") : inner_.remove(path);
  }
  Status create_directory(const std::string& path) override {
    return fails() ? failed("create directory") : inner_.create_directory(path);
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return inner_.list(path);
  }
  Status allocate(File file, u64 bytes) override {
    return fails() ? failed("allocate") : inner_.allocate(file, bytes);
  }
  Status read(File file, u64 offset, std::span<std::byte> target) override {
    return inner_.read(file, offset, target);
  }
  Status sync_now(File file) override { return fails() ? failed("sync") : inner_.sync_now(file); }
  Status sync_directory_now(const std::string& path) override {
    return fails() ? failed("sync directory") : inner_.sync_directory_now(path);
  }

  void write(File file, u64 offset, std::span<const std::byte> bytes, Durability durability,
             u64 token) override {
    if (fails()) {
      failures_.push_back({token, EIO});
    } else {
      inner_.write(file, offset, bytes, durability, token);
    }
  }
  void sync(File file, u64 token) override { inner_.sync(file, token); }
  void sync_directory(const std::string& path, u64 token) override {
    inner_.sync_directory(path, token);
  }
  void submit() override { inner_.submit(); }
  usize poll(std::span<Completion> completions) override {
    if (failures_.empty() || completions.empty()) return inner_.poll(completions);
    completions[0] = failures_.back();
    failures_.pop_back();
    return 1;
  }
  int completion_descriptor() const override { return -1; }
  std::string describe() const override { return "failing"; }

 private:
  bool fails() { return ++steps_ >= failing_step_; }
  static Status failed(const std::string& action) { return fail_errno(EIO, action); }

  Storage& inner_;
  u64 failing_step_;
  u64 steps_ = 0;
  std::vector<Completion> failures_;
};

}  // namespace florin::storage
