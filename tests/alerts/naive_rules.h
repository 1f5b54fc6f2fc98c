// The rules of alerts a second time, plainly: nothing is remembered, everything is looked for again
// in all changes so far. It is slow and obviously right.
#pragma once

#include <string>
#include <vector>

#include "alerts/rule.h"
#include "exporter/change_page.h"

namespace florin::test {

// What the rule tells of all changes of the page, which has them from the first one on: places and
// subjects, in order, such as "17.0.debit".
std::vector<std::string> naive_alerts(const alerts::Rule& rule, const exporter::ChangePage& all);

}  // namespace florin::test
