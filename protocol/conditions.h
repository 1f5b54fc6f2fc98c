// The check of the conditions that a request carries beside its transfers.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/types.h"
#include "ledger/condition.h"

namespace florin::protocol {

// What is wrong with the conditions of a request with so many events: the message names the
// condition's index, the field, what it is and what was expected. Or nothing.
std::optional<std::string> check_conditions(std::span<const ledger::Condition> conditions,
                                            u32 event_count);

}  // namespace florin::protocol
