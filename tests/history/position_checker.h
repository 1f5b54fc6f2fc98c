// Judges a history by the positions that its answers carry, after judging the positions themselves:
// they are unique and without gaps, agree with the clock and the sessions, and the plain ledger
// gives the same answers in their order. Costs n log n.
#pragma once

#include "tests/history/history.h"

namespace florin::test {

std::vector<Violation> check_by_positions(const History& history);

}  // namespace florin::test
