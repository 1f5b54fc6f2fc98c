// What is to be told, and to whom: the rules of the [[alert]] tables of a file of settings.
// docs/alerts.md describes them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/types.h"
#include "exporter/change_filter.h"
#include "ledger/outcome.h"
#include "money/amount.h"
#include "settings/settings_file.h"
#include "sinks/sink_settings.h"

namespace florin::alerts {

// A transfer, or a hold when it is made, of more than this. Posts and voids are of the same money
// and tell nothing new.
struct AmountAbove {
  u128 amount = 0;
};

// The balance of an account goes below this, from a balance that was not below.
struct BalanceBelow {
  bool is_negative = false;
  u128 amount = 0;  // Without its sign.
  // Debits less credits, as of what one owns; otherwise credits less debits, as of what one owes.
  bool debit_normal = false;
  bool available = false;  // What open holds could still take counts as taken.
};

// An account is debited more often than this, or by more in all, within a sliding window of logged
// time. Told when it comes to be so, and again only after it was not so any more.
struct ManyDebits {
  u64 window_ns = 0;
  std::optional<u64> count;
  std::optional<u128> sum;
};

// The first transfer, or hold, from an account to another.
struct NewCounterparty {
  u128 amount_min = 0;  // Smaller ones are not told, but are not the first for the next one.
};

// An account moves that did not for at least so long; its creation counts as a movement.
struct DormantAccount {
  u64 quiet_ns = 0;
};

// A transfer that was refused, by one of these outcomes. With `count`, more than so many of them
// within the window that name the same account to be debited: told as ManyDebits is.
struct Refusal {
  std::vector<ledger::TransferOutcome> outcomes;  // Ascending; empty = every refusal.
  u128 amount_min = 0;                            // Of less, it does not exist for the rule.
  std::optional<u64> count = std::nullopt;
  u64 window_ns = 0;
};

struct Rule {
  std::string name;  // Unique; letters, digits, - and _: part of every alert's id.
  std::variant<AmountAbove, BalanceBelow, ManyDebits, NewCounterparty, DormantAccount, Refusal>
      what;
  // Of transfers: `accounts`, `ledgers` and `codes`; what it does not take does not exist for the
  // rule. Rules about an account take only accounts of the list, AmountAbove and Refusal either
  // side.
  exporter::ChangeFilter filter;
  // How many accounts, or pairs of accounts, are remembered; the one that did nothing for longest
  // is forgotten for the next.
  u32 tracked_max = 0;
  std::vector<std::string> sinks;  // Names.
  // Changes logged before are not told; nothing: those from before the rule was first seen.
  std::optional<u64> since_ns;
};

std::string_view kind_name(const Rule& rule);  // "amount_above", …
// Everything that what it tells follows from, in one line: the same for the same rule for ever.
std::string definition(const Rule& rule);

struct AlertSettings {
  std::vector<Rule> rules;
  money::LedgerNames names;
  u64 ignore_older_than_ns = 0;  // 0: nothing is too old.
  u64 outbox_bytes_max = 0;      // Of each sink.
};

// Whether a rule looks at refused transfers: who reads changes for these rules asks for them then.
bool wants_refusals(const AlertSettings& settings);

// Reads [ledgers], [alerts] and [[alert]]; the caller finishes the file, which names what is wrong.
AlertSettings read_alerts(settings::Section root, std::span<const sinks::SinkSettings> sinks);

}  // namespace florin::alerts
