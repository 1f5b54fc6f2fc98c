// Storage over io_uring: many writes and syncs in flight from one thread, without waiting for any.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "storage/local_files.h"
#include "storage/options.h"

namespace florin::storage {

class UringRing;

// Belongs to one thread at a time: it may be handed to another one while nothing is in flight. The
// ring is made by the thread that first asks for an operation, since the kernel ties it to that
// thread, and made again after a hand-over; `completion_descriptor` stays the same throughout.
//
// The kernel delivers completions only when that thread enters it, which `poll` does when the
// kernel has marked the ring. A durable write needs `poll` once in the middle, to start its
// fdatasync: the descriptor becomes readable for that too, so `poll` may then return nothing.
class UringStorage final : public LocalFiles {
 public:
  // Fails as Unsupported or PermissionDenied where the kernel or a sandbox forbids io_uring.
  static Result<std::unique_ptr<UringStorage>> create(const StorageOptions& options);
  // Waits for what is in flight when called by the thread that asked for it.
  ~UringStorage() override;

  void write(File file, u64 offset, std::span<const std::byte> bytes, Durability durability,
             u64 token) override;
  void sync(File file, u64 token) override;
  void sync_directory(const std::string& path, u64 token) override;
  void submit() override;
  usize poll(std::span<Completion> completions) override;
  int completion_descriptor() const override;
  std::string describe() const override;

 private:
  UringStorage(const StorageOptions& options, int signal);
  UringRing& ring();

  StorageOptions options_;
  std::string_view mode_;
  int signal_;  // An eventfd that the kernel signals for the current ring.
  std::unique_ptr<UringRing> ring_;
};

}  // namespace florin::storage
