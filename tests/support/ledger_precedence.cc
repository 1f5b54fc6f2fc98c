#include "tests/support/ledger_precedence.h"

#include <fmt/core.h>

namespace florin::test {

namespace {

std::optional<Fields> merge(const Fields& left, const Fields& right) {
  Fields merged = left;
  for (const auto& [field, value] : right) {
    const auto [entry, added] = merged.emplace(field, value);
    if (!added && entry->second != value) return std::nullopt;
  }
  return merged;
}

// Which of two causes wins: the first on the page, except that the last event of a request is told
// that its chain is open even if the chain is broken already.
const std::string& winner(const Cause& first, const Cause& second) {
  const bool open = second.outcome == "linked_event_chain_open";
  return open ? second.outcome : first.outcome;
}

// Fields that say something about the world and not about the event's own words.
bool is_word(const std::string& field) {
  return field != "id" && field != "debit" && field != "credit" && field != "pending_id" &&
         field != "chain" && field != "request" && field.find('.') == std::string::npos;
}

}  // namespace

std::string value_of(const Fields& fields, const std::string& field, const std::string& otherwise) {
  const auto found = fields.find(field);
  return found == fields.end() ? otherwise : found->second;
}

void append(Causes& causes, const Causes& more) {
  causes.insert(causes.end(), more.begin(), more.end());
}

void append_exists(Causes& causes, Fields original, const std::vector<ComparedField>& compared) {
  for (const ComparedField& field : compared) {
    Cause cause{"exists_with_different_" + field.outcome_suffix, {}};
    for (const std::string& other : field.others) {
      Fields variant = original;
      variant[field.name] = other;
      cause.variants.push_back(variant);
    }
    causes.push_back(cause);
    original[field.name] = field.original;
  }
  causes.push_back({"exists", {original}});
}

std::string PrecedenceWriter::rows(const Causes& causes) {
  std::string text;
  for (usize first = 0; first < causes.size(); ++first) {
    for (const Fields& fields : causes[first].variants) {
      text += request(fields, causes[first].outcome);
      for (usize second = first + 1; second < causes.size(); ++second) {
        for (const Fields& others : causes[second].variants) {
          const std::optional<Fields> both = merge(fields, others);
          if (!both || !possible(*both)) continue;
          text += request(*both, winner(causes[first], causes[second]));
        }
      }
    }
  }
  return text;
}

std::string PrecedenceWriter::request(const Fields& fields, const std::string& outcome) {
  const std::string place = value_of(fields, "chain", "none");
  const bool mixed = value_of(fields, "request", "") == "mixed";
  std::string text;
  const std::string flags = imported_ ? fmt::format(" imported timestamp={}", kImportTime) : "";
  if (place == "broken") {
    text += failing(" linked" + flags) + "\n";
  } else if (mixed) {
    text += failing(flags) + "\n";
  }
  text += fmt::format("{} -> {}\n", event(fields), outcome);
  if (place == "goes_on") text += harmless(flags) + " -> linked_event_failed\n";
  return text + "request\n";
}

std::string PrecedenceWriter::words(const Fields& fields) const {
  std::string text;
  const std::string place = value_of(fields, "chain", "none");
  if (place == "open" || place == "goes_on") text += " linked";
  if (value_of(fields, "f.imported", imported_ ? "yes" : "no") == "yes") text += " imported";
  if (imported_ && !fields.contains("timestamp")) text += fmt::format(" timestamp={}", kImportTime);
  for (const auto& [field, value] : fields) {
    if (field.starts_with("f.") && field != "f.imported" && value == "yes") {
      text += " " + field.substr(2);
    }
    if (is_word(field)) text += fmt::format(" {}={}", field, value);
  }
  for (const char* condition : {"w.debit", "w.credit"}) text += value_of(fields, condition, "");
  return text;
}

}  // namespace florin::test
