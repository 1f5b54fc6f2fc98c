#include "storage/uring_storage.h"

#include <cerrno>
#include <utility>

#include <sys/epoll.h>
#include <unistd.h>

#include "base/check.h"
#include "storage/uring_ring.h"

namespace florin::storage {

Result<std::unique_ptr<UringStorage>> UringStorage::create(const StorageOptions& options) {
  // A ring made only to learn whether the kernel gives one: the real one belongs to the thread that
  // will use it.
  auto probe = UringRing::create(options.operations_max);
  if (!probe) return tl::unexpected<Error>(std::move(probe).error());
  const int wait_descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (wait_descriptor < 0) return fail_errno(errno, "create an epoll descriptor for io_uring");
  return std::unique_ptr<UringStorage>(
      new UringStorage(options, wait_descriptor, (*probe)->mode()));
}

UringStorage::UringStorage(const StorageOptions& options, int wait_descriptor, std::string mode)
    : LocalFiles(options.direct),
      options_(options),
      wait_descriptor_(wait_descriptor),
      mode_(std::move(mode)) {}

UringStorage::~UringStorage() {
  ring_.reset();
  ::close(wait_descriptor_);
}

UringRing& UringStorage::ring() {
  if (ring_ != nullptr && ring_->owned_by_this_thread()) return *ring_;
  CHECK(ring_ == nullptr || ring_->in_flight() == 0);
  ring_.reset();  // Closing the old ring takes it out of the epoll set.
  auto made = UringRing::create(options_.operations_max);
  CHECK(made.has_value());  // The kernel gave the probe one of the same size.
  ring_ = std::move(*made);
  epoll_event event{};
  event.events = EPOLLIN;
  CHECK(::epoll_ctl(wait_descriptor_, EPOLL_CTL_ADD, ring_->descriptor(), &event) == 0);
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
  if (ring_ == nullptr || ring_->in_flight() == 0) return 0;
  CHECK(ring_->owned_by_this_thread());
  return ring_->poll(completions);
}

int UringStorage::completion_descriptor() const { return wait_descriptor_; }

std::string UringStorage::describe() const {
  std::string text = "io_uring (" + mode_ + "), " + cache_note();
  switch (options_.flush_method) {
    case FlushMethod::LinkedFdatasync: return text + ", linked fdatasync";
    case FlushMethod::Dsync: return text + ", RWF_DSYNC";
  }
  CHECK(false);
}

}  // namespace florin::storage
