// What all rules remember, in one file that is replaced whole: `memory`. It saves going through the
// changes again; without it everything is found again from the first change on.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "alerts/alert_stand.h"
#include "alerts/rule_state.h"
#include "base/result.h"
#include "base/types.h"
#include "history/change.h"

namespace florin::alerts {

// `next`: behind the last change that the states took; `rules`: whose they are, one each.
Status write_rule_memory(const std::string& directory, u128 ledger_id, const history::Place& next,
                         std::span<const RuleStand> rules, std::span<const RuleState> states);

// Into states that took nothing yet. Nothing: there is none of exactly these rules, and the states
// are as they were. Corrupt: damaged; the states are of no use.
Result<std::optional<history::Place>> read_rule_memory(const std::string& directory, u128 ledger_id,
                                                       std::span<const RuleStand> rules,
                                                       std::span<RuleState> states);

}  // namespace florin::alerts
