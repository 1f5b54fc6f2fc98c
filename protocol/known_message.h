// Knows again the create_transfers that this library stamps out, by comparing bytes: what is the
// same as a message that was built here needs no verifying field by field. Internal to this folder.
#pragma once

#include <span>

#include "base/types.h"
#include "ledger/request.h"

namespace florin::protocol {

// Fills in the request when `body` is a create_transfers of 1 to `events_max` events without any
// option. False: it may be one all the same, written in another way; nothing was filled in.
bool take_known_transfers(std::span<const std::byte> body, u32 events_max,
                          ledger::Request& request);

}  // namespace florin::protocol
