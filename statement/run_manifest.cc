#include "statement/run_manifest.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/int128.h"
#include "statement/signed_amount.h"

namespace florin::statement {

namespace {

using Json = nlohmann::ordered_json;

constexpr u32 kManifestVersion = 1;

std::string checksum_text(u128 checksum) {
  return fmt::format("{:016x}{:016x}", high_half(checksum), low_half(checksum));
}

// What nlohmann throws when something is not there, and what the functions below throw likewise, is
// caught where the library is called.
u128 wide_from(const Json& json) {
  const auto value = parse_u128(json.get<std::string>());
  if (!value)
    throw std::runtime_error("expected a number, found '" + json.get<std::string>() + "'");
  return *value;
}

u64 long_from(const Json& json) { return low_half(wide_from(json)); }

u128 checksum_from(const Json& json) {
  const auto value = parse_u128("0x" + json.get<std::string>());
  if (!value) throw std::runtime_error("expected a checksum");
  return *value;
}

u128 amount_from(const Json& json, u32 decimals) {
  const auto amount = money::parse_amount(json.get<std::string>(), decimals);
  if (!amount) throw std::runtime_error(amount.error().message);
  return *amount;
}

Signed signed_from(const Json& json, u32 decimals) {
  const std::string text = json.get<std::string>();
  const bool negative = text.starts_with('-');
  return {amount_from(negative ? text.substr(1) : text, decimals), negative};
}

Json head_to_json(const RunHead& head) {
  return {{"florin_statements", kManifestVersion},
          {"format", format_name(head.format)},
          {"period", head.period},
          {"first_ns", std::to_string(head.first_ns)},
          {"last_ns", std::to_string(head.last_ns)},
          {"time_zone", head.time_zone},
          {"ledger_id", to_decimal(head.ledger_id)},
          {"as_of_position", std::to_string(head.as_of.value)},
          {"reference_xxh128", checksum_text(head.reference_checksum)},
          {"per_folder", head.per_folder}};
}

RunHead head_from_json(const Json& json) {
  if (json.at("florin_statements").get<u32>() != kManifestVersion) {
    throw std::runtime_error("it was written by another version of Florin");
  }
  RunHead head;
  const auto format = parse_format(json.at("format").get<std::string>());
  if (!format) throw std::runtime_error("its format is not known");
  head.format = *format;
  head.period = json.at("period").get<std::string>();
  head.first_ns = long_from(json.at("first_ns"));
  head.last_ns = long_from(json.at("last_ns"));
  head.time_zone = json.at("time_zone").get<std::string>();
  head.ledger_id = wide_from(json.at("ledger_id"));
  head.as_of.value = long_from(json.at("as_of_position"));
  head.reference_checksum = checksum_from(json.at("reference_xxh128"));
  head.per_folder = json.at("per_folder").get<u32>();
  return head;
}

Json totals_to_json(const LedgerRunTotals& totals) {
  Json json = {{"ledger", totals.ledger},     {"currency", totals.currency},
               {"decimals", totals.decimals}, {"statements", totals.statements},
               {"entries", totals.entries},   {"opening", nullptr},
               {"credits", nullptr},          {"debits", nullptr},
               {"closing", nullptr}};
  if (totals.exceeded) return json;
  json["opening"] = signed_text(totals.opening, totals.decimals);
  json["credits"] = money::format_amount(totals.credits, totals.decimals);
  json["debits"] = money::format_amount(totals.debits, totals.decimals);
  json["closing"] = signed_text(totals.closing, totals.decimals);
  return json;
}

LedgerRunTotals totals_from_json(const Json& json) {
  LedgerRunTotals totals;
  totals.ledger = json.at("ledger").get<u32>();
  totals.currency = json.at("currency").get<std::string>();
  totals.decimals = std::min(json.at("decimals").get<u32>(), money::kDecimalsMax);
  totals.statements = json.at("statements").get<u64>();
  totals.entries = json.at("entries").get<u64>();
  totals.exceeded = json.at("opening").is_null();
  if (totals.exceeded) return totals;
  totals.opening = signed_from(json.at("opening"), totals.decimals);
  totals.credits = amount_from(json.at("credits"), totals.decimals);
  totals.debits = amount_from(json.at("debits"), totals.decimals);
  totals.closing = signed_from(json.at("closing"), totals.decimals);
  return totals;
}

RunFile file_from_json(const Json& json) {
  RunFile file;
  file.account_id = wide_from(json.at("account"));
  file.name = json.at("file").get<std::string>();
  file.bytes = json.at("bytes").get<u64>();
  file.checksum = checksum_from(json.at("xxh128"));
  file.ledger = json.at("ledger").get<u32>();
  file.currency = json.at("currency").get<std::string>();
  file.decimals = std::min(json.at("decimals").get<u32>(), money::kDecimalsMax);
  file.number = json.at("number").get<u64>();
  file.entries = json.at("entries").get<u64>();
  file.opening = signed_from(json.at("opening"), file.decimals);
  file.credits = amount_from(json.at("credits"), file.decimals);
  file.debits = amount_from(json.at("debits"), file.decimals);
  file.closing = signed_from(json.at("closing"), file.decimals);
  return file;
}

template <class Value, class Read>
Result<Value> read_json_text(std::string_view text, const std::string& path, Read&& read) {
  try {
    return Result<Value>(read(text));
  } catch (const std::exception& error) {
    return fail(ErrorCode::Corrupt, path + " is not what a run of statements writes (" +
                                        error.what() + "): remove it and make the run again");
  }
}

// False: the sum has more than 128 bits.
bool add_amount(u128& sum, u128 amount) {
  sum += amount;
  return sum >= amount;
}

bool add_signed(Signed& sum, const Signed& amount) {
  if (sum.negative == amount.negative) return add_amount(sum.magnitude, amount.magnitude);
  const Signed& credit = sum.negative ? amount : sum;
  const Signed& debit = sum.negative ? sum : amount;
  sum = balance_of_sides(credit.magnitude, debit.magnitude);
  return true;
}

}  // namespace

void RunTotals::add(const LedgerRunTotals& other) {
  LedgerRunTotals& totals = all_[other.ledger];
  totals.ledger = other.ledger;
  totals.currency = other.currency;
  totals.decimals = other.decimals;
  totals.statements += other.statements;
  totals.entries += other.entries;
  totals.exceeded =
      totals.exceeded || other.exceeded || !add_signed(totals.opening, other.opening) ||
      !add_amount(totals.credits, other.credits) || !add_amount(totals.debits, other.debits) ||
      !add_signed(totals.closing, other.closing);
  if (!totals.exceeded) return;
  totals.opening = totals.closing = {};
  totals.credits = totals.debits = 0;
}

void RunTotals::add(const RunFile& file) {
  add(LedgerRunTotals{file.ledger, file.currency, file.decimals, 1, file.entries, file.opening,
                      file.credits, file.debits, file.closing, false});
}

void RunTotals::add(const RunTotals& other) {
  for (const auto& [ledger, totals] : other.all_) add(totals);
}

std::string manifest_name(Format format) {
  return fmt::format("manifest-{}.json", format_name(format));
}

std::string unfinished_name(Format format) {
  return fmt::format("unfinished-{}.json", format_name(format));
}

std::string list_name(Format format) {
  return fmt::format("statements-{}.ndjson", format_name(format));
}

std::string folder_name(usize index, usize folders) {
  const usize digits = std::max<usize>(2, std::to_string(folders - 1).size());
  return fmt::format("{:0{}}", index, digits);
}

std::string head_text(const RunHead& head) { return head_to_json(head).dump(2) + "\n"; }

std::string manifest_text(const RunManifest& manifest) {
  Json json = head_to_json(manifest.head);
  Json totals = Json::array();
  u64 statements = 0;
  u64 bytes = 0;
  for (const auto& [ledger, each] : manifest.totals.all()) totals.push_back(totals_to_json(each));
  Json folders = Json::array();
  for (const RunFolder& folder : manifest.folders) {
    folders.push_back({{"folder", folder.name},
                       {"statements", folder.statements},
                       {"bytes", folder.bytes},
                       {"list", folder.name + "/" + list_name(manifest.head.format)},
                       {"list_xxh128", checksum_text(folder.checksum)}});
    statements += folder.statements;
    bytes += folder.bytes;
  }
  json["statements"] = statements;
  json["bytes"] = bytes;
  json["totals"] = std::move(totals);
  json["folders"] = std::move(folders);
  return json.dump(2) + "\n";
}

std::string file_line(const RunFile& file) {
  const Json json = {{"account", to_decimal(file.account_id)},
                     {"file", file.name},
                     {"bytes", file.bytes},
                     {"xxh128", checksum_text(file.checksum)},
                     {"ledger", file.ledger},
                     {"currency", file.currency},
                     {"decimals", file.decimals},
                     {"number", file.number},
                     {"entries", file.entries},
                     {"opening", signed_text(file.opening, file.decimals)},
                     {"credits", money::format_amount(file.credits, file.decimals)},
                     {"debits", money::format_amount(file.debits, file.decimals)},
                     {"closing", signed_text(file.closing, file.decimals)}};
  return json.dump() + "\n";
}

Result<RunHead> parse_head(std::string_view text, const std::string& path) {
  return read_json_text<RunHead>(
      text, path, [](std::string_view content) { return head_from_json(Json::parse(content)); });
}

Result<RunManifest> parse_manifest(std::string_view text, const std::string& path) {
  return read_json_text<RunManifest>(text, path, [](std::string_view content) {
    const Json json = Json::parse(content);
    RunManifest manifest;
    manifest.head = head_from_json(json);
    for (const Json& each : json.at("totals")) manifest.totals.add(totals_from_json(each));
    for (const Json& each : json.at("folders")) {
      manifest.folders.push_back({each.at("folder").get<std::string>(),
                                  each.at("statements").get<u64>(), each.at("bytes").get<u64>(),
                                  checksum_from(each.at("list_xxh128"))});
    }
    return manifest;
  });
}

Result<std::vector<RunFile>> parse_list(std::string_view text, const std::string& path) {
  return read_json_text<std::vector<RunFile>>(text, path, [](std::string_view content) {
    std::vector<RunFile> files;
    while (!content.empty()) {
      const usize end = content.find('\n');
      if (end == std::string_view::npos) throw std::runtime_error("its last line has no end");
      files.push_back(file_from_json(Json::parse(content.substr(0, end))));
      content.remove_prefix(end + 1);
    }
    return files;
  });
}

bool adds_up(const Signed& opening, u128 credits, u128 debits, const Signed& closing) {
  Signed sum = opening;
  return add_signed(sum, {credits, false}) && add_signed(sum, {debits, debits != 0}) &&
         sum == closing;
}

}  // namespace florin::statement
