// Whether positions agree with what clients could know: what had completed before a call was
// invoked stands before it, and within a session calls are ordered as they were sent.
#pragma once

#include "tests/history/placement.h"

namespace florin::test {

void check_real_time(const History& history, const Placement& placement,
                     std::vector<Violation>& violations);

}  // namespace florin::test
