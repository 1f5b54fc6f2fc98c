#include "alerts/rule.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

#include "base/int128.h"

namespace florin::alerts {

namespace {

using settings::Section;

constexpr u64 kNsPerHour = 3600 * kNsPerSecond;
constexpr u64 kNsPerDay = 24 * kNsPerHour;
constexpr u64 kWindowSecondsMost = 366 * 24 * 3600;
constexpr u64 kQuietDaysMost = 36'500;
constexpr u64 kHoursMost = 100 * 366 * 24;
constexpr u64 kCountMost = 1'000'000'000;
// A tracked account with a window takes up to 3 KiB, one without some 50 bytes.
constexpr u64 kTrackedWindows = 50'000;
constexpr u64 kTracked = 1'000'000;
constexpr u64 kTrackedMost = 100'000'000;
constexpr u64 kOutboxMib = 64;
constexpr u64 kOutboxMibMost = 1024 * 1024;

bool is_rule_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char character) {
    return std::isalnum(character) != 0 || character == '-' || character == '_';
  });
}

// Of every outcome but `created` and `exists`.
std::optional<ledger::TransferOutcome> refusal_of(std::string_view name) {
  using ledger::TransferOutcome;
  for (u32 number = ledger::kCreated + 1; number < ledger::kTransferOutcomeEnd; ++number) {
    const auto outcome = static_cast<TransferOutcome>(number);
    if (outcome != TransferOutcome::Exists && ledger::name(outcome) == name) return outcome;
  }
  return std::nullopt;
}

money::LedgerNames read_names(Section ledgers) {
  money::LedgerNames names;
  for (const std::string& ledger : ledgers.keys()) {
    const auto added = names.add(ledger + "=" + ledgers.text(ledger));
    if (!added) ledgers.refuse(ledger, added.error().message);
  }
  return names;
}

exporter::ChangeFilter read_transfer_filter(Section section) {
  exporter::ChangeFilter filter;
  for (const u128 ledger : section.wide_numbers("ledgers", ~u32{0})) {
    filter.ledgers.push_back(static_cast<u32>(ledger));
  }
  for (const u128 code : section.wide_numbers("codes", u16{0xffff})) {
    filter.codes.push_back(static_cast<u16>(code));
  }
  filter.accounts = section.wide_numbers("accounts", kU128Max);
  return filter;
}

// Reads the parameters of one rule.
class RuleReader {
 public:
  RuleReader(Section section, const money::LedgerNames& names) : section_(section), names_(names) {}

  Rule read(std::span<const sinks::SinkSettings> sinks) {
    rule_.name = section_.required_text("name");
    if (!rule_.name.empty() && !is_rule_name(rule_.name)) {
      section_.refuse("name", "expected letters, digits, - and _");
    }
    rule_.filter = read_transfer_filter(section_.section("filter"));
    read_kind(section_.required_text("kind"));
    read_tracked();
    read_sink_names(sinks);
    read_since();
    return std::move(rule_);
  }

 private:
  struct SignedAmount {
    bool is_negative = false;
    u128 amount = 0;
  };

  void read_kind(const std::string& kind) {
    if (kind == "amount_above") {
      rule_.what = AmountAbove{required_amount("amount")};
    } else if (kind == "balance_below") {
      rule_.what = balance_below();
    } else if (kind == "many_debits") {
      rule_.what = many_debits();
    } else if (kind == "new_counterparty") {
      rule_.what = NewCounterparty{amount("amount_min").value_or(0)};
    } else if (kind == "dormant_account") {
      const u64 days = required_number("quiet_days", 1, kQuietDaysMost);
      rule_.what = DormantAccount{days * kNsPerDay};
    } else if (kind == "refusal") {
      rule_.what = refusal();
    } else if (!kind.empty()) {
      section_.refuse("kind", "'" + kind +
                                  "'; expected amount_above, balance_below, many_debits, "
                                  "new_counterparty, dormant_account or refusal");
    }
  }

  BalanceBelow balance_below() {
    BalanceBelow below;
    if (!section_.has("balance")) section_.refuse("balance", "'balance' is missing");
    const SignedAmount limit = signed_amount("balance").value_or(SignedAmount{});
    below.amount = limit.amount;
    below.is_negative = limit.is_negative && limit.amount != 0;
    below.debit_normal = one_of("normal", "credit", "debit");
    below.available = one_of("counting", "posted", "available");
    return below;
  }

  ManyDebits many_debits() {
    ManyDebits many;
    many.window_ns = required_window();
    if (section_.has("count_above")) {
      many.count = section_.number("count_above", 1, 1, kCountMost);
    }
    many.sum = amount("sum_above");
    if (!many.count && !many.sum) {
      section_.refuse("count_above", "expected count_above, sum_above, or both");
    }
    return many;
  }

  Refusal refusal() {
    Refusal refusal;
    refusal.outcomes = outcomes();
    refusal.amount_min = amount("amount_min").value_or(0);
    if (section_.has("count_above") || section_.has("window_seconds")) {
      refusal.count = required_number("count_above", 1, kCountMost);
      refusal.window_ns = required_window();
    }
    return refusal;
  }

  std::vector<ledger::TransferOutcome> outcomes() {
    std::vector<ledger::TransferOutcome> outcomes;
    for (const std::string& name : section_.texts("outcomes")) {
      const auto outcome = refusal_of(name);
      if (!outcome) {
        section_.refuse("outcomes",
                        "'" + name +
                            "' is no refusal of a transfer; expected names such as "
                            "\"exceeds_credits\", see docs/reference/create_transfers.md");
        continue;
      }
      if (std::ranges::find(outcomes, *outcome) != outcomes.end()) {
        section_.refuse("outcomes", "'" + name + "' stands there twice");
      }
      outcomes.push_back(*outcome);
    }
    std::ranges::sort(outcomes);
    return outcomes;
  }

  u64 required_window() {
    return required_number("window_seconds", 1, kWindowSecondsMost) * kNsPerSecond;
  }

  // Whether the second of two words stands there; the first is what it is otherwise.
  bool one_of(std::string_view key, std::string_view first, std::string_view second) {
    const std::string word = section_.text(key, first);
    if (word != first && word != second) {
      section_.refuse(key, fmt::format("expected {} or {}", first, second));
    }
    return word == second;
  }

  u64 required_number(std::string_view key, u64 least, u64 most) {
    if (!section_.has(key)) {
      section_.refuse(key, fmt::format("'{}' is missing; expected a whole number", key));
    }
    return section_.number(key, least, least, most);
  }

  u128 required_amount(std::string_view key) {
    if (!section_.has(key)) {
      section_.refuse(key, fmt::format("'{0}' is missing; expected {0} = \"10000.00 EUR\", or a "
                                       "number of minor units",
                                       key));
    }
    return amount(key).value_or(0);
  }

  std::optional<u128> amount(std::string_view key) {
    const auto value = signed_amount(key);
    if (!value) return std::nullopt;
    if (value->is_negative) section_.refuse(key, "is negative; expected an amount");
    return value->amount;
  }

  std::optional<SignedAmount> signed_amount(std::string_view key) {
    const auto text = section_.text_or_number(key);
    if (!text) return std::nullopt;
    SignedAmount value;
    std::string_view digits = *text;
    value.is_negative = digits.starts_with('-');
    if (value.is_negative) digits.remove_prefix(1);
    if (const auto number = parse_u128(digits)) {
      value.amount = *number;
      return value;
    }
    const auto named = names_.parse(digits);
    if (!named) {
      section_.refuse(key, named.error().message);
      return std::nullopt;
    }
    value.amount = named->amount;
    limit_to(named->ledger, key);
    return value;
  }

  // An amount of a currency is one of its ledger.
  void limit_to(u32 ledger, std::string_view key) {
    std::vector<u32>& ledgers = rule_.filter.ledgers;
    if (ledgers.empty()) ledgers.push_back(ledger);
    if (ledgers != std::vector<u32>{ledger}) {
      section_.refuse(key, fmt::format("is an amount of ledger {}, and the rule is about others; "
                                       "expected a rule for each ledger",
                                       ledger));
    }
  }

  void read_tracked() {
    const auto* const refusal = std::get_if<Refusal>(&rule_.what);
    const bool has_windows =
        std::holds_alternative<ManyDebits>(rule_.what) || (refusal != nullptr && refusal->count);
    const bool tracks = has_windows || std::holds_alternative<NewCounterparty>(rule_.what) ||
                        std::holds_alternative<DormantAccount>(rule_.what);
    if (!tracks) return;
    const u64 usual = has_windows ? kTrackedWindows : kTracked;
    rule_.tracked_max = static_cast<u32>(section_.number("tracked", usual, 1, kTrackedMost));
  }

  void read_sink_names(std::span<const sinks::SinkSettings> sinks) {
    rule_.sinks = section_.texts("sinks");
    if (rule_.sinks.empty()) section_.refuse("sinks", "expected sinks = [\"ops\"]");
    for (usize index = 0; index < rule_.sinks.size(); ++index) {
      const std::string& name = rule_.sinks[index];
      const auto end = rule_.sinks.begin() + static_cast<std::ptrdiff_t>(index);
      if (std::find(rule_.sinks.begin(), end, name) != end) {
        section_.refuse("sinks", "'" + name + "' stands there twice");
      }
      const auto sink = std::ranges::find(sinks, name, &sinks::SinkSettings::name);
      if (sink == sinks.end()) {
        section_.refuse("sinks", "'" + name + "' is no [[sink]] of this file");
      } else if (std::holds_alternative<sinks::PostgresSettings>(sink->target)) {
        section_.refuse("sinks", "'" + name + "' is a database, which takes changes and no alerts");
      }
    }
  }

  void read_since() {
    const std::string text = section_.text("since");
    if (text.empty()) return;
    rule_.since_ns = day_begin(text);
    if (!rule_.since_ns) {
      section_.refuse("since", "'" + text + "'; expected a day in UTC, such as \"2026-11-01\"");
    }
  }

  static std::optional<u64> day_begin(std::string_view text) {
    using namespace std::chrono;
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    u32 numbers[3] = {};
    const std::string_view parts[] = {text.substr(0, 4), text.substr(5, 2), text.substr(8, 2)};
    for (usize part = 0; part < 3; ++part) {
      const char* const end = parts[part].data() + parts[part].size();
      const auto read = std::from_chars(parts[part].data(), end, numbers[part]);
      if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    }
    const year_month_day date{year(static_cast<int>(numbers[0])), month(numbers[1]),
                              day(numbers[2])};
    const auto since = sys_days(date).time_since_epoch();
    // The last year that nanoseconds since 1970 in 63 bits can tell is 2261.
    if (!date.ok() || numbers[0] < 1970 || numbers[0] > 2261) return std::nullopt;
    return static_cast<u64>(duration_cast<seconds>(since).count()) * kNsPerSecond;
  }

  Section section_;
  const money::LedgerNames& names_;
  Rule rule_;
};

std::string filter_text(const exporter::ChangeFilter& filter) {
  std::string accounts;
  for (const u128 account : filter.accounts) accounts += " " + to_decimal(account);
  return fmt::format("ledgers {}; codes {}; accounts{}", fmt::join(filter.ledgers, " "),
                     fmt::join(filter.codes, " "), accounts);
}

struct Describe {
  std::string operator()(const AmountAbove& rule) const { return to_decimal(rule.amount); }
  std::string operator()(const BalanceBelow& rule) const {
    return fmt::format("{}{} {} {}", rule.is_negative ? "-" : "", to_decimal(rule.amount),
                       rule.debit_normal ? "debit" : "credit",
                       rule.available ? "available" : "posted");
  }
  std::string operator()(const ManyDebits& rule) const {
    return fmt::format("window {} count {} sum {}", rule.window_ns,
                       rule.count ? std::to_string(*rule.count) : "any",
                       rule.sum ? to_decimal(*rule.sum) : "any");
  }
  std::string operator()(const NewCounterparty& rule) const { return to_decimal(rule.amount_min); }
  std::string operator()(const DormantAccount& rule) const { return std::to_string(rule.quiet_ns); }
  std::string operator()(const Refusal& rule) const {
    std::string outcomes;
    for (const ledger::TransferOutcome outcome : rule.outcomes) {
      outcomes += fmt::format(" {}", ledger::name(outcome));
    }
    return fmt::format("outcomes{}; amount {} window {} count {}", outcomes,
                       to_decimal(rule.amount_min), rule.window_ns,
                       rule.count ? std::to_string(*rule.count) : "any");
  }
};

}  // namespace

std::string_view kind_name(const Rule& rule) {
  constexpr std::string_view kNames[] = {"amount_above",     "balance_below",   "many_debits",
                                         "new_counterparty", "dormant_account", "refusal"};
  return kNames[rule.what.index()];
}

std::string definition(const Rule& rule) {
  return fmt::format("{} {}; {}; tracked {}; since {}", kind_name(rule),
                     std::visit(Describe{}, rule.what), filter_text(rule.filter), rule.tracked_max,
                     rule.since_ns ? std::to_string(*rule.since_ns) : "seen");
}

bool wants_refusals(const AlertSettings& settings) {
  return std::ranges::any_of(
      settings.rules, [](const Rule& rule) { return std::holds_alternative<Refusal>(rule.what); });
}

AlertSettings read_alerts(Section root, std::span<const sinks::SinkSettings> sinks) {
  AlertSettings settings;
  settings.names = read_names(root.section("ledgers"));
  Section alerts = root.section("alerts");
  settings.ignore_older_than_ns =
      alerts.number("ignore_older_than_hours", 0, 1, kHoursMost) * kNsPerHour;
  settings.outbox_bytes_max = alerts.number("outbox_mib", kOutboxMib, 1, kOutboxMibMost) * kMiB;
  for (Section section : root.sections("alert")) {
    Rule rule = RuleReader(section, settings.names).read(sinks);
    const bool taken = std::ranges::any_of(
        settings.rules, [&](const Rule& other) { return other.name == rule.name; });
    if (taken) section.refuse("name", "another alert has this name; expected names that differ");
    settings.rules.push_back(std::move(rule));
  }
  return settings;
}

}  // namespace florin::alerts
