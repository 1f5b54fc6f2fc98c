#include "importer/journal.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "exporter/durable_file.h"

namespace florin::importer {

namespace {

using JournalJson = nlohmann::ordered_json;

constexpr u64 kJournalFormat = 1;

// The counts by their names, for reading and writing alike.
template <class Counts, class Visit>
void visit_counts(Counts& counts, Visit&& visit) {
  visit("accounts_created", counts.accounts_created);
  visit("accounts_existing", counts.accounts_existing);
  visit("transfers_created", counts.transfers_created);
  visit("transfers_existing", counts.transfers_existing);
  visit("refused", counts.refused);
  visit("skipped", counts.skipped);
}

template <class Where, class Visit>
void visit_progress(Where& progress, Visit&& visit) {
  visit("rows", progress.rows);
  visit("file", progress.file);
  visit("line", progress.line);
  visit("bytes", progress.bytes);
}

JournalJson to_journal_json(const JournalEntry& entry) {
  JournalJson json = {{"format", kJournalFormat}, {"mapping_checksum", entry.mapping_checksum}};
  json["files"] = JournalJson::array();
  for (const FileIdentity& file : entry.files) {
    json["files"].push_back({{"name", file.name},
                             {"size_bytes", file.size_bytes},
                             {"head_checksum", file.head_checksum}});
  }
  const auto put = [&](const char* name, auto value) { json[name] = value; };
  visit_progress(entry.progress, put);
  visit_counts(entry.counts, put);
  json["refused_bytes"] = entry.refused_bytes;
  return json;
}

// Throws the library's exceptions.
JournalEntry of_journal_json(const JournalJson& json) {
  JournalEntry entry;
  entry.mapping_checksum = json.at("mapping_checksum").get<u64>();
  for (const JournalJson& file : json.at("files")) {
    entry.files.push_back({file.at("name").get<std::string>(), file.at("size_bytes").get<u64>(),
                           file.at("head_checksum").get<u64>()});
  }
  const auto take = [&](const char* name, auto& value) { json.at(name).get_to(value); };
  visit_progress(entry.progress, take);
  visit_counts(entry.counts, take);
  entry.refused_bytes = json.at("refused_bytes").get<u64>();
  return entry;
}

}  // namespace

Result<std::optional<JournalEntry>> read_journal(const std::string& path) {
  const auto text = exporter::read_whole_file(path);
  RETURN_IF_ERROR(text);
  if (!*text) return std::optional<JournalEntry>();
  try {
    const JournalJson json = JournalJson::parse(**text);
    if (json.at("format").get<u64>() == kJournalFormat) {
      return std::optional<JournalEntry>(of_journal_json(json));
    }
    return fail(ErrorCode::WrongVersion, path + " is a journal of another version of Florin");
  } catch (const JournalJson::exception& error) {
    return fail(ErrorCode::Corrupt,
                fmt::format("{} is no journal of an import: {}", path, error.what()));
  }
}

Status write_journal(const std::string& path, const JournalEntry& entry) {
  return exporter::write_whole_file(path, to_journal_json(entry).dump(2) + "\n");
}

Status check_journal(const std::string& path, const JournalEntry& found,
                     const JournalEntry& expected) {
  constexpr std::string_view kAnew =
      "finish the import with what it began with, or begin anew with --restart: what is there "
      "already will answer 'exists'";
  if (found.mapping_checksum != expected.mapping_checksum) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{} is of an import with another mapping; {}", path, kAnew));
  }
  if (found.files == expected.files) return {};
  std::string names;
  for (const FileIdentity& file : found.files) {
    names += fmt::format("{}{} of {} bytes", names.empty() ? "" : ", ", file.name, file.size_bytes);
  }
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{} is of an import of other files, or of these as they were before: {}; "
                          "{}",
                          path, names, kAnew));
}

}  // namespace florin::importer
