#include "importer/mapping_file.h"

#include <map>

#include <fmt/core.h>

#include "base/checksum.h"
#include "exporter/durable_file.h"
#include "importer/rule_reading.h"
#include "money/amount.h"
#include "settings/settings_file.h"

namespace florin::importer {

using settings::Section;

namespace {

// Fields that every row must have; the others are zero when the mapping does not name them.
bool is_required(std::string_view field) {
  return field == "id" || field == "ledger" || field == "code" || field == "timestamp" ||
         field == "amount";
}

template <class Object>
void read_fields(Section& section, Table table, std::span<const Field<Object>> known,
                 const RuleContext& context, TableMapping& mapping) {
  for (usize index = 0; index < known.size(); ++index) {
    const std::string key(known[index].name);
    if (!section.has(key)) {
      if (is_required(key)) {
        section.refuse(key, fmt::format("'{}' is missing; expected {} = {{ column = \"...\" }}, or "
                                        "another rule",
                                        key, key));
      }
      continue;
    }
    const RuleKind kind = key == "flags"       ? RuleKind::Flags
                          : key == "timestamp" ? RuleKind::Moment
                                               : RuleKind::Number;
    const RuleName name{table, key, known[index].bits, kind};
    mapping.fields.push_back({index, read_rule(section, name, context)});
  }
}

void read_skips(Section& section, TableMapping& mapping) {
  Section skips = section.section("skip");
  for (const std::string& column : skips.keys()) {
    mapping.skips.push_back({column, skips.texts(column)});
  }
}

void read_table(Section& section, const TextFormat& format, NumberSigns& signs,
                TableMapping& mapping) {
  mapping.files = section.texts("files");
  mapping.format = format;
  Section own = section.section("format");
  read_format(own, mapping.format, signs);
  read_skips(section, mapping);
  const std::string timestamps = section.text("timestamps", "as_they_are");
  mapping.spreads = timestamps == "spread";
  if (!mapping.spreads && timestamps != "as_they_are") {
    section.refuse("timestamps",
                   "expected \"as_they_are\", or \"spread\": rows of one instant "
                   "are put one nanosecond apart");
  }
}

void read_direction(Section& section, Sides& sides) {
  Section direction = section.section("direction");
  if (!direction.exists()) {
    section.refuse("direction",
                   "'direction' is missing; expected direction = { column = \"type\", "
                   "credit = [\"C\"], debit = [\"D\"] }, or { positive = \"credit\" }");
    return;
  }
  sides.by_sign = direction.has("positive");
  if (sides.by_sign) {
    const std::string positive = direction.text("positive");
    sides.positive_debits = positive == "debit";
    if (!sides.positive_debits && positive != "credit") {
      direction.refuse("positive",
                       "expected \"credit\" or \"debit\": what a positive amount does "
                       "to the account");
    }
    return;
  }
  sides.column = direction.required_text("column");
  sides.credits = direction.texts("credit");
  sides.debits = direction.texts("debit");
  if (sides.credits.empty() && sides.debits.empty()) {
    direction.refuse("credit",
                     "expected the texts with which the account is credited, and in "
                     "'debit' those with which it is debited");
  }
}

void read_sides(Section& section, const RuleContext& context, TransferMapping& mapping) {
  const bool own = section.has("account_id");
  if (!own) {
    for (const char* key : {"debit_account_id", "credit_account_id"}) {
      if (section.has(key)) continue;
      section.refuse(key, fmt::format("'{}' is missing; expected both accounts, or account_id, "
                                      "other_account_id and direction",
                                      key));
    }
    return;
  }
  for (const char* key : {"debit_account_id", "credit_account_id"}) {
    if (section.has(key)) section.refuse(key, "cannot be beside account_id, which has a direction");
  }
  Sides& sides = mapping.sides.emplace();
  sides.account =
      read_rule(section, {Table::Transfers, "account_id", 128, RuleKind::Number}, context);
  sides.other =
      read_rule(section, {Table::Transfers, "other_account_id", 128, RuleKind::Number}, context);
  read_direction(section, sides);
}

u16 read_flags(Section& section, Table table) {
  u128 bits = 0;
  for (const std::string& flag : section.texts("flags")) {
    const auto known = parse_flag_names(table, flag);
    if (!known || *known > 0xffff) section.refuse("flags", "expected " + flag_names(table));
    bits |= known.value_or(0);
  }
  return static_cast<u16>(bits);
}

void read_new_accounts(Section& section, TransferMapping& mapping) {
  Section made = section.section("new_accounts");
  if (!made.exists()) return;
  NewAccounts& accounts = mapping.new_accounts.emplace();
  if (!made.has("code")) made.refuse("code", "'code' is missing; expected a number, 1 to 65535");
  accounts.code = static_cast<u16>(made.number("code", 1, 1, 0xffff));
  accounts.flags = read_flags(made, Table::Accounts);
  accounts.earlier_ns = made.number("seconds_earlier", 1, 1, 1'000'000'000) * kNsPerSecond;
}

void read_record(Section& section, const RuleContext& context, TransferMapping& mapping) {
  Section check = section.section("check");
  if (!check.exists()) return;
  BalanceRecord& record = mapping.record.emplace();
  record.balance = read_rule(check, {Table::Transfers, "balance", 128, RuleKind::Number}, context);
  const std::string side = check.text("side", "credit");
  record.debit_side = side == "debit";
  if (!record.debit_side && side != "credit") {
    check.refuse("side", "expected \"credit\": credits less debits, or \"debit\"");
  }
  if (check.has("tolerance")) {
    const auto tolerance = money::parse_amount(check.text("tolerance"), record.balance.decimals);
    if (!tolerance) check.refuse("tolerance", tolerance.error().message);
    record.tolerance = tolerance ? *tolerance : 0;
  }
  if (!mapping.sides) {
    check.refuse("balance",
                 "whose balance it is must be told: expected account_id and direction "
                 "instead of debit_account_id and credit_account_id");
  }
}

u64 read_opening(Section& section, u64 earliest) {
  if (!section.has("timestamp")) return earliest;
  const std::string text = section.text("timestamp");
  const auto moment = MomentFormat().parse(text);
  if (!moment) {
    section.refuse("timestamp", "expected a moment since 1970, such as \"1993-01-01\"");
    return earliest;
  }
  return std::max(*moment, earliest);
}

// The accounts that the mapping itself brings. Those without a moment of their own are as old as
// can be; all are in ascending order.
void read_constant_accounts(Section& root, Mapping& mapping) {
  u64 earliest = 1;
  for (Section& section : root.sections("account")) {
    ledger::Account account{};
    const auto take = [&](std::string_view key, u128 most, bool required) {
      const auto value = section.wide_number(key);
      if (!value && required && !section.has(key)) {
        section.refuse(key, fmt::format("'{}' is missing; expected a number", key));
      } else if (value && *value > most) {
        section.refuse(key, "is too large");
      }
      return value.value_or(0);
    };
    account.id = take("id", kU128Max, true);
    account.ledger = static_cast<u32>(take("ledger", largest_of_bits(32), true));
    account.code = static_cast<u16>(take("code", largest_of_bits(16), true));
    account.user_data_128 = take("user_data_128", kU128Max, false);
    account.user_data_64 = static_cast<u64>(take("user_data_64", largest_of_bits(64), false));
    account.user_data_32 = static_cast<u32>(take("user_data_32", largest_of_bits(32), false));
    account.flags = read_flags(section, Table::Accounts);
    account.timestamp = read_opening(section, earliest);
    earliest = account.timestamp + 1;
    mapping.constant_accounts.push_back(account);
  }
}

void read_root(Section root, Mapping& mapping) {
  TextFormat format;
  NumberSigns signs;
  Section shared = root.section("format");
  read_format(shared, format, signs);
  Section lookups = root.section("lookup");
  Section accounts = root.section("accounts");
  if (accounts.exists()) {
    NumberSigns own_signs = signs;
    read_table(accounts, format, own_signs, mapping.accounts.emplace());
    const RuleContext context{lookups, own_signs};
    read_fields(accounts, Table::Accounts, account_fields(), context, *mapping.accounts);
  }
  Section transfers = root.section("transfers");
  if (transfers.exists()) {
    NumberSigns own_signs = signs;
    TransferMapping& made = mapping.transfers.emplace();
    read_table(transfers, format, own_signs, made);
    const RuleContext context{lookups, own_signs};
    read_fields(transfers, Table::Transfers, transfer_fields(), context, made);
    read_sides(transfers, context, made);
    read_new_accounts(transfers, made);
    read_record(transfers, context, made);
  }
  read_constant_accounts(root, mapping);
  if (!mapping.accounts && !mapping.transfers) {
    root.refuse("", "expected a table [accounts], [transfers], or both");
  }
}

}  // namespace

Result<Mapping> read_mapping_text(std::string_view text, const std::string& path) {
  auto file = settings::SettingsFile::of_text(text, path);
  RETURN_IF_ERROR(file);
  Mapping mapping;
  read_root(file->root(), mapping);
  RETURN_IF_ERROR(file->finish());
  mapping.checksum = checksum64(std::as_bytes(std::span(text)));
  return mapping;
}

Result<Mapping> read_mapping_file(const std::string& path) {
  const auto text = exporter::read_whole_file(path);
  RETURN_IF_ERROR(text);
  if (!*text) return fail(ErrorCode::NotFound, "there is no mapping " + path);
  return read_mapping_text(**text, path);
}

}  // namespace florin::importer
