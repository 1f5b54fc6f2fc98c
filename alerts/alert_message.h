// An alert as a message: JSON of a version of its own, the same bytes for the same alert for ever.
// docs/alerts.md lists the fields.
#pragma once

#include <string>

#include "alerts/rule.h"
#include "alerts/rule_state.h"
#include "exporter/change_page.h"
#include "money/amount.h"
#include "sinks/message_target.h"

namespace florin::alerts {

inline constexpr u32 kAlertVersion = 1;

// `finding` is of this rule and page.
sinks::Message make_message(const Rule& rule, const Finding& finding,
                            const exporter::ChangePage& page, const money::LedgerNames& names);

}  // namespace florin::alerts
