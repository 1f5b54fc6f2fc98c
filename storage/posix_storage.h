// Storage over plain system calls: correct, slower, and available where io_uring is forbidden.
#pragma once

#include <string>
#include <vector>

#include "storage/local_files.h"
#include "storage/options.h"

namespace florin::storage {

// `submit` does the work and waits for it; the next `poll` gives the completions. A durable write
// is pwrite and fdatasync. There is nothing to wait for, so `completion_descriptor` is -1. Belongs
// to one thread.
class PosixStorage final : public LocalFiles {
 public:
  // `note` says why this implementation was chosen, or is empty; `describe` repeats it.
  PosixStorage(const StorageOptions& options, std::string note);
  ~PosixStorage() override = default;

  void write(File file, u64 offset, std::span<const std::byte> bytes, Durability durability,
             u64 token) override;
  void sync(File file, u64 token) override;
  void sync_directory(const std::string& path, u64 token) override;
  void submit() override;
  usize poll(std::span<Completion> completions) override;
  int completion_descriptor() const override { return -1; }
  std::string describe() const override;

 private:
  struct Operation {
    enum class Kind : u8 { Write, DurableWrite, Sync, SyncDirectory };
    Kind kind;
    File file;
    u64 offset;
    std::span<const std::byte> bytes;
    std::string path;
    u64 token;
  };

  void add(Operation operation);
  static int perform(const Operation& operation);

  u32 operations_max_;
  std::string note_;
  std::vector<Operation> asked_;       // Not yet submitted.
  std::vector<Completion> completed_;  // Not yet polled, oldest first.
};

}  // namespace florin::storage
