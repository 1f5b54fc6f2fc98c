// Up to where alerts are known, in one file that is replaced whole: `stand.json`. What it says of
// outboxes is what counts in them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "exporter/sink.h"

namespace florin::alerts {

struct RuleStand {
  std::string name;
  std::string definition;
  u64 since_ns = 0;        // Changes logged before are not told.
  history::Place through;  // What changes before this place tell is in the outboxes.
  friend bool operator==(const RuleStand&, const RuleStand&) = default;
};

struct OutboxStand {
  std::string name;
  u64 end = 0;  // Bytes.
  friend bool operator==(const OutboxStand&, const OutboxStand&) = default;
};

struct AlertStand {
  u128 ledger_id = 0;
  exporter::SinkStand stand;  // The furthest ever.
  std::vector<RuleStand> rules;
  std::vector<OutboxStand> outboxes;  // Those that are not used at present, too.
  friend bool operator==(const AlertStand&, const AlertStand&) = default;
};

// Nothing when there is none. Corrupt: not a stand; WrongVersion.
Result<std::optional<AlertStand>> read_alert_stand(const std::string& directory);
Status write_alert_stand(const std::string& directory, const AlertStand& stand);

}  // namespace florin::alerts
