#include "storage/uring_ring.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/check.h"

namespace florin::storage {

namespace {

// Which answer of an operation a completion is; the lowest bit of its user data.
constexpr u64 kWriteAnswer = 0;
constexpr u64 kSyncAnswer = 1;

constexpr u32 setup_flags(RingMode mode) {
  constexpr u32 kCooperative = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
  switch (mode) {
    case RingMode::DeferredTaskWork:
      return kCooperative | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
             IORING_SETUP_DEFER_TASKRUN;
    case RingMode::CooperativeTaskWork: return kCooperative | IORING_SETUP_SUBMIT_ALL;
    case RingMode::InterruptingTaskWork: return 0;
  }
  return 0;
}

constexpr u64 user_data(u32 slot, u64 answer) { return u64{slot} << 1 | answer; }

// The kernel writes at most 2 GiB less one page at once; nobody here comes near.
constexpr u64 kWriteBytesMax = kGiB;

// How often a poll that finds nothing clears the signal: rarely, since it costs a system call.
constexpr u32 kIdlePollsPerClearing = 16;

constexpr int kDrainStepMs = 100;
constexpr int kDrainStepsMax = 100;

// The kernel's number of this thread, asked for once. Numbers are reused after millions of threads;
// the kernel would then refuse the submission of the wrong thread, and `submit` stop the process.
pid_t this_thread_number() {
  thread_local const pid_t number = ::gettid();
  return number;
}

}  // namespace

Result<std::unique_ptr<UringRing>> UringRing::create(u32 operations_max, int signal,
                                                     RingMode best_mode) {
  CHECK(operations_max > 0 && operations_max <= kOperationsMaxLimit);
  std::unique_ptr<UringRing> ring(new UringRing(operations_max, signal, best_mode));
  RETURN_IF_ERROR(ring->set_up());
  RETURN_IF_ERROR(ring->check_operations());
  return ring;
}

UringRing::UringRing(u32 operations_max, int signal, RingMode mode)
    : owner_(this_thread_number()), signal_(signal), mode_(mode), slots_(operations_max) {
  for (u32 index = 0; index < operations_max; ++index) slots_[index].next_free = index + 1;
}

Status UringRing::set_up() {
  // An operation takes two entries at most, so that the submission queue never fills up; the
  // completion queue, which the kernel makes twice as large, does not either.
  const u32 entries = static_cast<u32>(slots_.size()) * 2;
  int result = io_uring_queue_init(entries, &ring_, setup_flags(mode_));
  while (result == -EINVAL && mode_ != RingMode::InterruptingTaskWork) {
    mode_ = static_cast<RingMode>(static_cast<u8>(mode_) + 1);
    result = io_uring_queue_init(entries, &ring_, setup_flags(mode_));
  }
  if (result < 0) return fail_errno(-result, "set up io_uring");
  is_set_up_ = true;
  // The ring's own descriptor will not do: a thread that waits on it is not woken for deferred task
  // work (seen on Linux 6.18), only for completions, which there are none of before that work.
  result = io_uring_register_eventfd(&ring_, signal_);
  if (result < 0) return fail_errno(-result, "register an eventfd with io_uring");
  return {};
}

Status UringRing::check_operations() {
  io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
  if (probe == nullptr) return fail(ErrorCode::Unsupported, "this kernel's io_uring is too old");
  const bool supported = io_uring_opcode_supported(probe, IORING_OP_WRITE) != 0 &&
                         io_uring_opcode_supported(probe, IORING_OP_FSYNC) != 0;
  io_uring_free_probe(probe);
  if (!supported) {
    return fail(ErrorCode::Unsupported, "this kernel's io_uring cannot write or sync");
  }
  return {};
}

UringRing::~UringRing() {
  if (!is_set_up_) return;
  if (owned_by_this_thread()) drain();
  io_uring_queue_exit(&ring_);
}

void UringRing::drain() {
  std::array<Completion, 64> ignored;
  for (int step = 0; in_flight_ > 0 && step < kDrainStepsMax; ++step) {
    submit();
    pollfd waiting{signal_, POLLIN, 0};
    ::poll(&waiting, 1, kDrainStepMs);
    poll(ignored);
  }
}

u32 UringRing::take_slot(u64 token, u32 answers_due) {
  CHECK(in_flight_ < slots_.size());
  const u32 index = first_free_;
  Slot& slot = slots_[index];
  first_free_ = slot.next_free;
  slot = Slot{};
  slot.token = token;
  slot.answers_due = answers_due;
  ++in_flight_;
  return index;
}

io_uring_sqe* UringRing::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  CHECK(entry != nullptr);
  return entry;
}

io_uring_sqe* UringRing::add_write(u32 slot, File file, u64 offset,
                                   std::span<const std::byte> bytes) {
  CHECK(bytes.size() <= kWriteBytesMax);
  slots_[slot].write_bytes = bytes.size();
  io_uring_sqe* entry = next_entry();
  io_uring_prep_write(entry, file.handle, bytes.data(), static_cast<u32>(bytes.size()), offset);
  io_uring_sqe_set_data64(entry, user_data(slot, kWriteAnswer));
  return entry;
}

void UringRing::add_sync(u32 slot, int descriptor, u32 fsync_flags) {
  io_uring_sqe* entry = next_entry();
  io_uring_prep_fsync(entry, descriptor, fsync_flags);
  io_uring_sqe_set_data64(entry, user_data(slot, kSyncAnswer));
}

void UringRing::write(File file, u64 offset, std::span<const std::byte> bytes, u64 token) {
  add_write(take_slot(token, 1), file, offset, bytes);
}

void UringRing::write_dsync(File file, u64 offset, std::span<const std::byte> bytes, u64 token) {
  io_uring_sqe* entry = add_write(take_slot(token, 1), file, offset, bytes);
  entry->rw_flags = RWF_DSYNC;
}

void UringRing::write_then_sync(File file, u64 offset, std::span<const std::byte> bytes,
                                u64 token) {
  const u32 slot = take_slot(token, 2);
  io_uring_sqe* entry = add_write(slot, file, offset, bytes);
  entry->flags |= IOSQE_IO_LINK;
  add_sync(slot, file.handle, IORING_FSYNC_DATASYNC);
}

void UringRing::sync_data(File file, u64 token) {
  add_sync(take_slot(token, 1), file.handle, IORING_FSYNC_DATASYNC);
}

void UringRing::sync_and_close(int directory, u64 token) {
  const u32 slot = take_slot(token, 1);
  slots_[slot].close_descriptor = directory;
  add_sync(slot, directory, 0);
}

void UringRing::complete_with(int error, u64 token) {
  const u32 slot = take_slot(token, 1);
  slots_[slot].sync_error = error;
  io_uring_sqe* entry = next_entry();
  io_uring_prep_nop(entry);
  io_uring_sqe_set_data64(entry, user_data(slot, kSyncAnswer));
}

void UringRing::submit() {
  const u32 waiting = io_uring_sq_ready(&ring_);
  if (waiting == 0) return;
  const int submitted = io_uring_submit(&ring_);
  // The kernel took nothing and is short of memory or was interrupted: the next poll tries again.
  if (submitted == -EINTR || submitted == -EAGAIN || submitted == -EBUSY) return;
  // A part of what was asked for could be a write cut off from the fdatasync linked to it, which
  // would then not wait for it.
  CHECK(submitted == static_cast<int>(waiting));
}

usize UringRing::poll(std::span<Completion> completions) {
  if (in_flight_ > 0) submit();
  const bool is_idle = !has_completions() && !kernel_has_work();
  if (is_idle) {
    // The kernel marks the ring a moment before it signals: a signal that came after the last
    // clearing would otherwise keep waking a thread for nothing.
    if (++idle_polls_ % kIdlePollsPerClearing != 0) return 0;
    clear_signal();
  }
  usize count = 0;
  while (count < completions.size() && (has_completions() || kernel_has_work())) {
    // An error means that the kernel is busy or was interrupted, and leaves its mark on the ring.
    if (kernel_has_work()) io_uring_get_events(&ring_);
    // Cleared before looking: what comes after the look signals again.
    clear_signal();
    count += take_completions(completions.subspan(count));
  }
  // What there was no room for must wake the caller again: its signal may have been cleared.
  if (has_completions() || kernel_has_work()) set_signal();
  return count;
}

bool UringRing::has_completions() const { return io_uring_cq_ready(&ring_) != 0; }

bool UringRing::kernel_has_work() const {
  // Without the flag the kernel runs its work by interrupting this thread.
  return (IO_URING_READ_ONCE(*ring_.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

void UringRing::clear_signal() {
  eventfd_t ignored = 0;
  ::eventfd_read(signal_, &ignored);
}

void UringRing::set_signal() { ::eventfd_write(signal_, 1); }

usize UringRing::take_completions(std::span<Completion> completions) {
  usize count = 0;
  u32 seen = 0;
  u32 head = 0;
  io_uring_cqe* answer = nullptr;
  io_uring_for_each_cqe(&ring_, head, answer) {
    if (count == completions.size()) break;
    ++seen;
    const auto slot = static_cast<u32>(answer->user_data >> 1);
    note_answer(slots_[slot], answer->user_data & 1, answer->res);
    if (slots_[slot].answers_due == 0) completions[count++] = finish(slot);
  }
  io_uring_cq_advance(&ring_, seen);
  return count;
}

void UringRing::note_answer(Slot& slot, u64 kind, int result) {
  CHECK(slot.answers_due > 0);
  --slot.answers_due;
  if (kind == kSyncAnswer) {
    if (result < 0) slot.sync_error = -result;
  } else if (result < 0) {
    slot.write_error = -result;
  } else if (static_cast<u64>(result) != slot.write_bytes) {
    slot.write_error = EIO;
  }
}

Completion UringRing::finish(u32 slot_index) {
  Slot& slot = slots_[slot_index];
  if (slot.close_descriptor >= 0) ::close(slot.close_descriptor);
  slot.next_free = first_free_;
  first_free_ = slot_index;
  --in_flight_;
  // What the write met is the reason; the fdatasync behind it was then only cancelled.
  return {slot.token, slot.write_error != 0 ? slot.write_error : slot.sync_error};
}

bool UringRing::owned_by_this_thread() const { return owner_ == this_thread_number(); }

}  // namespace florin::storage
