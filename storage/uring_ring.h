// One io_uring and the operations in flight on it. A part of UringStorage.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <liburing.h>

#include "base/result.h"
#include "storage/options.h"
#include "storage/storage.h"

namespace florin::storage {

// How the kernel runs its part of a ring, best first.
enum class RingMode : u8 {
  DeferredTaskWork,      // When the owning thread asks for it. Linux 6.1.
  CooperativeTaskWork,   // When the owning thread enters the kernel anyway. Linux 5.19.
  InterruptingTaskWork,  // At once, by interrupting the owning thread.
};

// Belongs to the thread that created it: the kernel takes submissions from no other.
class UringRing {
 public:
  // In `best_mode`, or the best one after it that this kernel has. `signal` is an eventfd, not
  // blocking, owned by the caller: the kernel makes it readable when `poll` has something to do.
  static Result<std::unique_ptr<UringRing>> create(u32 operations_max, int signal,
                                                   RingMode best_mode = RingMode::DeferredTaskWork);
  // Waits for what is in flight when called by the owning thread.
  ~UringRing();
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;

  // Each takes a slot until its completion is polled. A bug of the caller when none is free.
  void write(File file, u64 offset, std::span<const std::byte> bytes, u64 token);
  void write_then_sync(File file, u64 offset, std::span<const std::byte> bytes, u64 token);
  void write_dsync(File file, u64 offset, std::span<const std::byte> bytes, u64 token);
  void sync_data(File file, u64 token);
  // Syncs an open directory and closes it.
  void sync_and_close(int directory, u64 token);
  // Completes with the given error: for what failed before it could be asked for.
  void complete_with(int error, u64 token);

  void submit();
  usize poll(std::span<Completion> completions);

  bool owned_by_this_thread() const;
  u32 in_flight() const { return in_flight_; }
  RingMode mode() const { return mode_; }

 private:
  // An operation in flight, found by the index that its completions carry.
  struct Slot {
    u64 token = 0;
    u64 write_bytes = 0;        // What a complete write answers.
    int write_error = 0;        // errno values.
    int sync_error = 0;         // Of whatever came instead of, or behind, the write.
    int close_descriptor = -1;  // To be closed at the end.
    u32 answers_due = 0;        // By the kernel, before the operation is complete.
    u32 next_free = 0;
  };

  UringRing(u32 operations_max, int signal, RingMode mode);
  Status set_up();
  Status check_operations();
  u32 take_slot(u64 token, u32 answers_due);
  io_uring_sqe* next_entry();
  io_uring_sqe* add_write(u32 slot, File file, u64 offset, std::span<const std::byte> bytes);
  void add_sync(u32 slot, int descriptor, u32 fsync_flags);
  // Whether entering the kernel would bring completions or move a linked operation on.
  bool kernel_has_work() const;
  usize take_completions(std::span<Completion> completions);
  bool has_completions() const;
  void clear_signal();
  void set_signal();
  static void note_answer(Slot& slot, u64 kind, int result);
  Completion finish(u32 slot_index);
  void drain();

  io_uring ring_{};
  bool is_set_up_ = false;
  int owner_;  // The kernel's number of the owning thread.
  int signal_;
  RingMode mode_;
  u32 idle_polls_ = 0;
  std::vector<Slot> slots_;
  u32 first_free_ = 0;
  u32 in_flight_ = 0;
};

}  // namespace florin::storage
