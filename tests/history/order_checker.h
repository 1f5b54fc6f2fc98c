// Judges a history without looking at positions. Each transfer that is created appends itself to
// the lists of its two accounts; reads of lists and balances show how far the lists were. From who
// overwrote, saw or missed whom, and from what had completed before what was invoked, follows which
// call stands before which; a cycle among them is an anomaly with a name. The method is that of
// Kingsbury and Alvaro, "Elle" (VLDB 2020). Costs about n.
#pragma once

#include "tests/history/history.h"

namespace florin::test {

std::vector<Violation> check_by_orders(const History& history);

}  // namespace florin::test
