#include "exporter/file_manifest.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/int128.h"
#include "exporter/durable_file.h"

namespace florin::exporter {

namespace {

using Json = nlohmann::ordered_json;

constexpr u32 kFormat = 1;

std::string manifest_path(const std::string& directory) { return directory + "/manifest.json"; }
std::string open_path(const std::string& directory) { return directory + "/open.json"; }

Json place_to_json(const history::Place& place) {
  return {{"position", std::to_string(place.position)}, {"index", place.index}};
}

history::Place place_from_json(const Json& json) {
  return {std::stoull(json.at("position").get<std::string>()), json.at("index").get<u32>()};
}

std::string hexadecimal(u128 value) {
  return fmt::format("{:016x}{:016x}", high_half(value), low_half(value));
}

Json file_to_json(const ClosedFile& file) {
  return {{"name", file.name},
          {"day", file.day},
          {"number", file.number},
          {"first", place_to_json(file.first)},
          {"last", place_to_json(file.last)},
          {"changes", file.changes},
          {"last_logged_at", std::to_string(file.last_logged_at)},
          {"text_bytes", file.text_bytes},
          {"stored_bytes", file.stored_bytes},
          {"xxh128", hexadecimal(file.checksum)}};
}

// What a closed file and the open one have in common.
template <class File>
File contents_from_json(const Json& json) {
  File file;
  file.day = json.at("day").get<std::string>();
  file.number = json.at("number").get<u64>();
  file.first = place_from_json(json.at("first"));
  file.last = place_from_json(json.at("last"));
  file.changes = json.at("changes").get<u64>();
  file.text_bytes = json.at("text_bytes").get<u64>();
  file.last_logged_at = std::stoull(json.at("last_logged_at").get<std::string>());
  return file;
}

ClosedFile file_from_json(const Json& json) {
  auto file = contents_from_json<ClosedFile>(json);
  file.name = json.at("name").get<std::string>();
  file.stored_bytes = json.at("stored_bytes").get<u64>();
  file.checksum = parse_u128("0x" + json.at("xxh128").get<std::string>()).value();
  return file;
}

// Reads a file of JSON into whatever `take` makes of it.
template <class Value, class Take>
Result<std::optional<Value>> read_json(const std::string& path, Take&& take) {
  const auto content = read_whole_file(path);
  if (!content) return tl::unexpected<Error>(content.error());
  if (!*content) return std::optional<Value>();
  try {
    return std::optional<Value>(take(Json::parse(**content)));
  } catch (const std::exception& error) {
    return fail(ErrorCode::Corrupt,
                path + " is not what the exporter writes (" + error.what() +
                    "); restore it, or remove the directory to export everything again");
  }
}

Manifest manifest_from_json(const Json& json) {
  if (json.at("format").get<u32>() != kFormat) {
    throw std::runtime_error("its format is not " + std::to_string(kFormat));
  }
  Manifest manifest;
  manifest.ledger_id = parse_u128(json.at("ledger_id").get<std::string>()).value();
  const auto kind = json.at("kind").get<std::string>();
  if (kind != name(TextKind::Ndjson) && kind != name(TextKind::Csv)) {
    throw std::runtime_error("its kind is '" + kind + "'");
  }
  manifest.kind = kind == name(TextKind::Csv) ? TextKind::Csv : TextKind::Ndjson;
  manifest.compressed = json.at("compressed").get<bool>();
  // Left out where there are none.
  manifest.refusals = json.value("refusals", false) ? Refusals::Included : Refusals::LeftOut;
  manifest.next = place_from_json(json.at("next"));
  for (const Json& file : json.at("files")) manifest.files.push_back(file_from_json(file));
  return manifest;
}

}  // namespace

Result<std::optional<Manifest>> read_manifest(const std::string& directory) {
  return read_json<Manifest>(manifest_path(directory), manifest_from_json);
}

Status write_manifest(const std::string& directory, const Manifest& manifest) {
  Json files = Json::array();
  for (const ClosedFile& file : manifest.files) files.push_back(file_to_json(file));
  Json json = {{"format", kFormat},
               {"ledger_id", to_decimal(manifest.ledger_id)},
               {"kind", name(manifest.kind)},
               {"compressed", manifest.compressed}};
  if (manifest.refusals == Refusals::Included) json["refusals"] = true;
  json["next"] = place_to_json(manifest.next);
  json["files"] = files;
  return write_whole_file(manifest_path(directory), json.dump(1) + "\n");
}

Result<std::optional<OpenFile>> read_open_file(const std::string& directory) {
  return read_json<OpenFile>(open_path(directory), contents_from_json<OpenFile>);
}

Status write_open_file(const std::string& directory, const OpenFile& file) {
  const Json json = {{"day", file.day},
                     {"number", file.number},
                     {"first", place_to_json(file.first)},
                     {"last", place_to_json(file.last)},
                     {"changes", file.changes},
                     {"last_logged_at", std::to_string(file.last_logged_at)},
                     {"text_bytes", file.text_bytes}};
  return write_whole_file(open_path(directory), json.dump(1) + "\n");
}

Status remove_open_file(const std::string& directory) { return remove_file(open_path(directory)); }

}  // namespace florin::exporter
