// What a transfer, or a consumed id, adds to the digest of the state.
#pragma once

#include "engine/books.h"

namespace florin::engine {

u128 transfer_digest(const Books& books, u32 slot);

}  // namespace florin::engine
