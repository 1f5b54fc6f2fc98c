#include "storage/blocking.h"

#include <poll.h>

#include "base/check.h"
#include "base/clock.h"

namespace florin::storage {

namespace {

constexpr int kWaitStepMs = 100;
constexpr u64 kToken = 0x7772697465;  // Any value: nothing else is in flight.

}  // namespace

void wait_for_completion(const Storage& storage, int timeout_ms) {
  const int descriptor = storage.completion_descriptor();
  if (descriptor < 0) return;
  pollfd waiting{descriptor, POLLIN, 0};
  ::poll(&waiting, 1, timeout_ms);
}

Status write_durably_now(Storage& storage, File file, u64 offset,
                         std::span<const std::byte> bytes) {
  storage.write(file, offset, bytes, Durability::Durable, kToken);
  storage.submit();
  SystemClock clock;
  const u64 deadline_ns = clock.monotonic_ns() + kOperationDeadlineNs;
  Completion completion;
  while (storage.poll({&completion, 1}) == 0) {
    if (clock.monotonic_ns() > deadline_ns) {
      return fail(ErrorCode::Timeout, "the disk did not complete a write in " +
                                          std::to_string(kOperationDeadlineNs / 1'000'000'000) +
                                          " seconds");
    }
    wait_for_completion(storage, kWaitStepMs);
  }
  CHECK(completion.token == kToken);
  if (completion.error != 0) return fail_errno(completion.error, "write durably");
  return {};
}

}  // namespace florin::storage
