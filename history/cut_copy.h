// A store cut off: a copy that ends where an earlier mark stood, for a ledger that is put back to
// an earlier moment.
#pragma once

#include <string>

#include "base/result.h"
#include "history/change.h"

namespace florin::history {

// Makes `to`, which must not exist, a store with everything in `from` up to the mark, which says
// exactly what that is: places, and how many of everything. Nobody writes `from` meanwhile. About
// 1 us a transfer. Corrupt: it does not have that, as it ends before, is damaged, or is another's.
Status copy_store_until(const std::string& from, const std::string& to, const Mark& mark);

}  // namespace florin::history
