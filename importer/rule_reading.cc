#include "importer/rule_reading.h"

#include <fmt/core.h>

#include "base/int128.h"
#include "money/amount.h"
#include "money/currency.h"

namespace florin::importer {

using settings::Section;

namespace {

// A value of one character; '\0' when it is empty, and where that is allowed.
char read_sign(Section& section, std::string_view key, char held, bool may_be_empty) {
  if (!section.has(key)) return held;
  const std::string text = section.text(key);
  if (text.empty() && may_be_empty) return '\0';
  if (text.size() == 1 && static_cast<unsigned char>(text[0]) < 0x80) return text[0];
  section.refuse(key, may_be_empty ? "expected one character of ASCII, or \"\" for none"
                                   : "expected one character of ASCII");
  return held;
}

void read_columns(Section& section, ValueRule& rule) {
  const bool one = section.has("column");
  const bool several = section.has("columns");
  const bool constant = section.has("constant");
  if (one + several + constant != 1) {
    section.refuse("",
                   "expected one of column = \"...\", columns = [\"...\", \"...\"] and "
                   "constant = ...");
    return;
  }
  if (one) rule.columns = {section.required_text("column")};
  if (several) {
    rule.columns = section.texts("columns");
    rule.join = section.text("join", rule.join);
    if (rule.columns.empty()) section.refuse("columns", "expected at least one name");
  }
}

void read_number_constant(Section& section, ValueRule& rule) {
  const auto constant = section.wide_number("constant");
  if (!constant) return;
  if (*constant > largest_of_bits(rule.bits)) {
    section.refuse("constant", "expected at most " + to_decimal(largest_of_bits(rule.bits)));
  }
  rule.constant = *constant;
}

void read_lookup(Section& section, const RuleContext& context, ValueRule& rule) {
  const std::string name = section.required_text("lookup");
  Section lookups = context.lookups;
  Section entries = lookups.section(name);
  if (!entries.exists()) {
    section.refuse("lookup", fmt::format("there is no table [lookup.{}]", name));
    return;
  }
  if (rule.columns.empty() || rule.columns.size() > kLookupColumnsMax) {
    section.refuse("lookup", fmt::format("expected 1 to {} columns to look at", kLookupColumnsMax));
    return;
  }
  rule.lookup = std::make_shared<ValueLookup>(name, rule.columns.size(), rule.join);
  for (const std::string& key : entries.keys()) {
    const auto value = entries.wide_number(key);
    if (!value) continue;
    if (const Status added = rule.lookup->add(key, *value); !added) {
      entries.refuse(key, added.error().message);
    }
  }
}

void read_decimals(Section& section, ValueRule& rule) {
  rule.decimals = static_cast<u32>(section.number("decimals", 0, 0, money::kDecimalsMax));
  if (!section.has("currency")) return;
  const money::Currency* const currency = money::find_currency(section.text("currency"));
  if (section.has("decimals")) section.refuse("currency", "cannot be beside decimals");
  if (currency == nullptr)
    section.refuse("currency", "expected a currency of ISO 4217, as \"EUR\"");
  rule.decimals = currency == nullptr ? 0 : currency->decimals;
}

void read_number_rule(Section& section, const RuleContext& context, ValueRule& rule) {
  rule.decimal_sign = context.signs.decimal;
  rule.group_sign = context.signs.group;
  if (section.has("constant")) return read_number_constant(section, rule);
  rule.add = section.wide_number("add").value_or(0);
  rule.fallback = section.wide_number("default");
  if (rule.fallback.value_or(0) > largest_of_bits(rule.bits)) {
    section.refuse("default", "expected at most " + to_decimal(largest_of_bits(rule.bits)));
  }
  if (section.has("lookup")) return read_lookup(section, context, rule);
  read_decimals(section, rule);
  const std::string form = section.text("as", "number");
  if (form == "uuid") {
    rule.form = ValueForm::Uuid;
  } else if (form == "hash") {
    rule.form = ValueForm::Hash;
  } else if (form != "number") {
    section.refuse("as", "expected \"number\", \"uuid\" or \"hash\"");
  }
  const bool is_wide = rule.form != ValueForm::Number;
  if (is_wide && rule.bits != 128) section.refuse("as", "has 128 bits, which do not fit the field");
}

void read_flags_rule(Section& section, Table table, ValueRule& rule) {
  rule.form = ValueForm::Flags;
  rule.fallback = 0;
  if (!section.has("constant")) return;
  u128 bits = 0;
  for (const std::string& flag : section.texts("constant")) {
    const auto known = parse_flag_names(table, flag);
    if (!known) section.refuse("constant", "expected " + flag_names(table));
    bits |= known.value_or(0);
  }
  rule.constant = bits;
}

MomentFormat::Local read_local(Section& section) {
  MomentFormat::Local local;
  if (section.has("zone")) {
    const auto zone = parse_zone(section.text("zone"));
    if (!zone) section.refuse("zone", "expected a distance from UTC, such as \"+01:00\", or \"Z\"");
    local.zone_seconds = zone.value_or(0);
  }
  if (section.has("time")) {
    const auto time = parse_time_of_day(section.text("time"));
    if (!time) section.refuse("time", "expected a time of day, such as \"12:00\"");
    local.time_of_day_ns = time.value_or(0);
  }
  return local;
}

void read_moment_rule(Section& section, ValueRule& rule) {
  rule.form = ValueForm::Moment;
  if (!section.has("join")) rule.join = " ";
  const MomentFormat::Local local = read_local(section);
  auto format = MomentFormat::of(section.text("format", "iso8601"), local);
  if (format) {
    rule.moment = *std::move(format);
  } else {
    section.refuse("format", format.error().message);
  }
  if (!section.has("constant")) return;
  const auto moment = rule.moment.parse(section.text("constant"));
  if (!moment) section.refuse("constant", "expected a moment since 1970 as " + rule.moment.form());
  rule.constant = moment.value_or(0);
}

}  // namespace

void read_format(Section& section, TextFormat& format, NumberSigns& signs) {
  const std::string kind = section.text("kind");
  if (kind == "csv") format.kind = TextKind::Csv;
  if (kind == "ndjson") format.kind = TextKind::Ndjson;
  if (!kind.empty() && !format.kind) section.refuse("kind", "expected \"csv\" or \"ndjson\"");
  format.delimiter = read_sign(section, "delimiter", format.delimiter, false);
  format.quote = read_sign(section, "quote", format.quote, true);
  signs.decimal = read_sign(section, "decimal_sign", signs.decimal, false);
  signs.group = read_sign(section, "group_sign", signs.group, true);
  if (signs.decimal == signs.group) section.refuse("group_sign", "cannot be the decimal sign too");
  if (section.has("charset")) {
    const std::string charset = section.text("charset");
    format.is_latin1 = charset == "latin1";
    if (!format.is_latin1 && charset != "utf8") {
      section.refuse("charset", "expected \"utf8\" or \"latin1\"");
    }
  }
  format.skip_lines = section.number("skip_lines", format.skip_lines, 0, 1'000'000);
  if (section.has("columns")) format.columns = section.texts("columns");
}

ValueRule read_rule(Section& section, const RuleName& name, const RuleContext& context) {
  ValueRule rule;
  rule.field = fmt::format("{}.{}", importer::name(name.table), name.key);
  rule.bits = name.bits;
  rule.table = name.table;
  if (!section.has(name.key)) {
    section.refuse(name.key, fmt::format("'{}' is missing; expected {} = {{ column = \"...\" }}, "
                                         "or another rule",
                                         name.key, name.key));
    return rule;
  }
  Section own = section.section(name.key);
  if (!own.exists()) return rule;
  read_columns(own, rule);
  switch (name.kind) {
    case RuleKind::Number: read_number_rule(own, context, rule); break;
    case RuleKind::Flags: read_flags_rule(own, name.table, rule); break;
    case RuleKind::Moment: read_moment_rule(own, rule); break;
  }
  return rule;
}

}  // namespace florin::importer
