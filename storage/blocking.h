// Waiting for an asynchronous operation of a Storage: for start-up and tools, where nothing else is
// in flight.
#pragma once

#include "storage/storage.h"

namespace florin::storage {

// How long one operation of a disk may take before it is given up as failed.
inline constexpr u64 kOperationDeadlineNs = 60'000'000'000;

// Waits until a completion may be there, at most `timeout_ms`. Returns at once where the storage
// has nothing to wait for.
void wait_for_completion(const Storage& storage, int timeout_ms);

// Writes and waits until the bytes are on stable storage. Nothing else may be in flight.
Status write_durably_now(Storage& storage, File file, u64 offset, std::span<const std::byte> bytes);

}  // namespace florin::storage
