// The requests of the hot path as this library stamps them out. Internal to this folder.
#pragma once

#include "ledger/operation.h"
#include "protocol/stencil.h"

namespace florin::protocol {

// Of requests that carry events or ids, and of the trial balance; for the other operations a bug.
const Stencil& request_stencil(ledger::Operation operation);

}  // namespace florin::protocol
