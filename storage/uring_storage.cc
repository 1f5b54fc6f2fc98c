#include "storage/uring_storage.h"

#include <cerrno>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "storage/uring_ring.h"

namespace florin::storage {

namespace {

std::string_view mode_name(RingMode mode) {
  switch (mode) {
    case RingMode::DeferredTaskWork: return "deferred task work";
    case RingMode::CooperativeTaskWork: return "cooperative task work";
    case RingMode::InterruptingTaskWork: return "interrupting task work";
  }
  CHECK(false);
}

}  // namespace

Result<std::unique_ptr<UringStorage>> UringStorage::create(const StorageOptions& options) {
  const int signal = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (signal < 0) return fail_errno(errno, "create an eventfd for io_uring");
  std::unique_ptr<UringStorage> storage(new UringStorage(options, signal));
  // A ring made only to learn whether the kernel gives one: the real one belongs to the thread that
  // will use it.
  auto probe = UringRing::create(options.operations_max, signal);
  if (!probe) return tl::unexpected<Error>(std::move(probe).error());
  storage->mode_ = mode_name((*probe)->mode());
  return storage;
}

UringStorage::UringStorage(const StorageOptions& options, int signal)
    : LocalFiles(options.direct), options_(options), signal_(signal) {}

UringStorage::~UringStorage() {
  ring_.reset();
  ::close(signal_);
}

UringRing& UringStorage::ring() {
  if (ring_ != nullptr && ring_->owned_by_this_thread()) return *ring_;
  CHECK(ring_ == nullptr || ring_->in_flight() == 0);
  ring_.reset();
  auto made = UringRing::create(options_.operations_max, signal_);
  CHECK(made.has_value());  // The kernel gave the probe one of the same size.
  ring_ = std::move(*made);
  return *ring_;
}

void UringStorage::write(File file, u64 offset, std::span<const std::byte> bytes,
                         Durability durability, u64 token) {
  check_alignment(offset, bytes);
  if (durability == Durability::None) return ring().write(file, offset, bytes, token);
  switch (options_.flush_method) {
    case FlushMethod::LinkedFdatasync: return ring().write_then_sync(file, offset, bytes, token);
    case FlushMethod::Dsync: return ring().write_dsync(file, offset, bytes, token);
  }
}

void UringStorage::sync(File file, u64 token) { ring().sync_data(file, token); }

void UringStorage::sync_directory(const std::string& path, u64 token) {
  const int directory = open_directory(path);
  if (directory < 0) return ring().complete_with(-directory, token);
  ring().sync_and_close(directory, token);
}

void UringStorage::submit() {
  if (ring_ == nullptr || ring_->in_flight() == 0) return;
  CHECK(ring_->owned_by_this_thread());
  ring_->submit();
}

usize UringStorage::poll(std::span<Completion> completions) {
  if (ring_ == nullptr) return 0;
  CHECK(ring_->in_flight() == 0 || ring_->owned_by_this_thread());
  return ring_->poll(completions);
}

int UringStorage::completion_descriptor() const { return signal_; }

std::string UringStorage::describe() const {
  std::string text = "io_uring (" + std::string(mode_) + "), " + cache_note();
  switch (options_.flush_method) {
    case FlushMethod::LinkedFdatasync: return text + ", linked fdatasync";
    case FlushMethod::Dsync: return text + ", RWF_DSYNC";
  }
  CHECK(false);
}

}  // namespace florin::storage
