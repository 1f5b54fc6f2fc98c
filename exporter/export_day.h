// The day, in UTC, that a moment of logged time belongs to: what exported files are named by.
#pragma once

#include <string>

#include "base/types.h"

namespace florin::exporter {

// Such as "2026-10-31"; 10 bytes, in the order of time.
std::string day_of(u64 timestamp_ns);

}  // namespace florin::exporter
