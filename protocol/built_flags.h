// The check that a request asks only for what this version builds. Flags that are defined but not
// built are refused with the whole request; bits that nobody has defined are the ledger's to
// refuse, event by event.
#pragma once

#include <optional>
#include <span>

#include "ledger/account.h"
#include "ledger/transfer.h"
#include "protocol/frame.h"

namespace florin::protocol {

// The refusal (Unsupported, naming the first such event and its flag), or nothing.
std::optional<Refusal> check_built_flags(std::span<const ledger::Account> events);
std::optional<Refusal> check_built_flags(std::span<const ledger::Transfer> events);

}  // namespace florin::protocol
