#include "alerts/rule_memory.h"

#include <cstring>

#include "alerts/state_bytes.h"
#include "base/check.h"
#include "base/checksum.h"
#include "exporter/durable_file.h"

namespace florin::alerts {

namespace {

constexpr std::string_view kMagic = "florin alerts 1\n";

std::string memory_path(const std::string& directory) { return directory + "/memory"; }

u64 memory_checksum(std::string_view bytes) { return checksum64(std::as_bytes(std::span(bytes))); }

}  // namespace

Status write_rule_memory(const std::string& directory, u128 ledger_id, const history::Place& next,
                         std::span<const RuleStand> rules, std::span<const RuleState> states) {
  CHECK(rules.size() == states.size());
  std::string bytes(kMagic);
  put(bytes, ledger_id);
  put(bytes, next.position);
  put(bytes, next.index);
  put(bytes, static_cast<u32>(rules.size()));
  for (const RuleStand& rule : rules) {
    put_text(bytes, rule.name);
    put_text(bytes, rule.definition);
  }
  for (const RuleState& state : states) state.save(bytes);
  put(bytes, memory_checksum(bytes));
  return exporter::write_whole_file(memory_path(directory), bytes);
}

Result<std::optional<history::Place>> read_rule_memory(const std::string& directory, u128 ledger_id,
                                                       std::span<const RuleStand> rules,
                                                       std::span<RuleState> states) {
  const std::optional<history::Place> nothing;
  const std::string path = memory_path(directory);
  const auto damaged = [&] {
    return fail(ErrorCode::Corrupt, path +
                                        " is damaged; remove it: what rules remember is then "
                                        "made again from all changes, and nothing is sent twice");
  };
  const auto content = exporter::read_whole_file(path);
  if (!content) return tl::unexpected<Error>(content.error());
  if (!*content) return nothing;
  std::string_view bytes = **content;
  u64 checksum = 0;
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + sizeof(checksum)) {
    return damaged();
  }
  std::memcpy(&checksum, bytes.data() + bytes.size() - sizeof(checksum), sizeof(checksum));
  bytes.remove_suffix(sizeof(checksum));
  if (checksum != memory_checksum(bytes)) return damaged();
  bytes.remove_prefix(kMagic.size());
  StateReader reader(bytes);
  if (reader.get<u128>() != ledger_id) return nothing;
  history::Place next;
  next.position = reader.get<u64>();
  next.index = reader.get<u32>();
  if (reader.get<u32>() != rules.size()) return nothing;
  for (const RuleStand& rule : rules) {
    const bool same_name = reader.text() == rule.name;
    if (reader.text() != rule.definition || !same_name) return nothing;
  }
  for (RuleState& state : states) {
    if (!state.load(reader)) return damaged();
  }
  if (!reader.is_whole() || !reader.at_end()) return damaged();
  return std::optional<history::Place>(next);
}

}  // namespace florin::alerts
