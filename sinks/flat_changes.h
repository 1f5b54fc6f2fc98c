// Messages of changes in their FlatBuffers form (changes.fbs): the changes are the ledger's own
// structs, copied.
#pragma once

#include <memory>
#include <span>

#include "base/types.h"
#include "sinks/change_messages.h"

namespace florin::sinks {

std::unique_ptr<ChangeMessageWriter> make_flat_changes_writer(u128 ledger_id, usize bytes_max);

struct FlatChangesHead {
  u32 version = 0;
  u128 ledger_id = 0;
  Coverage coverage;
  u64 changes = 0;
};

// False when it is no such message, or not a whole one.
[[nodiscard]] bool read_flat_changes(std::span<const std::byte> message, FlatChangesHead& head);

}  // namespace florin::sinks
