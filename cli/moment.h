// A moment of a ledger as people name it: a position, or a time.
#pragma once

#include <string>

#include "base/result.h"
#include "replay/executor.h"

namespace florin::cli {

// "1234567" is a position; "2026-09-30T12:00:00" a time, UTC; "2026-09-30" the end of that day.
Result<replay::Until> parse_until(const std::string& text);

}  // namespace florin::cli
