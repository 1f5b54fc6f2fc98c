#include "tests/sinks/message_judge.h"

#include <cstring>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/int128.h"
#include "exporter/change_text.h"
#include "sinks/change_messages.h"
#include "sinks/changes.gen.h"
#include "tests/exporter/made_changes.h"

namespace florin::test {

namespace {

template <class Value, class Wire>
std::vector<Value> structs_of(const flatbuffers::Vector<const Wire*>* vector) {
  static_assert(sizeof(Value) == sizeof(Wire));
  std::vector<Value> values;
  if (vector == nullptr) return values;
  for (const Wire* each : *vector) {
    Value value;
    std::memcpy(static_cast<void*>(&value), each, sizeof value);
    values.push_back(value);
  }
  return values;
}

exporter::ChangePage page_of_flat(std::string_view message) {
  const auto* const bytes = reinterpret_cast<const u8*>(message.data());
  flatbuffers::Verifier verifier(bytes, message.size());
  EXPECT_TRUE(changes::VerifyChangesBuffer(verifier));
  const changes::Changes* const root = changes::GetChanges(bytes);
  exporter::ChangePage page;
  page.events = structs_of<ledger::ChangeEvent>(root->events());
  page.transfers = structs_of<ledger::Transfer>(root->transfers());
  page.balances = structs_of<ledger::TransferBalances>(root->balances());
  page.accounts = structs_of<ledger::Account>(root->accounts());
  page.account_changes = structs_of<ledger::AccountChange>(root->account_changes());
  return page;
}

std::vector<std::string> lines_of_json(std::string_view message) {
  constexpr std::string_view kBegin = "\"changes\":[\n";
  std::vector<std::string> lines;
  std::string_view rest = message.substr(message.find(kBegin) + kBegin.size());
  while (!rest.starts_with("]}")) {
    const usize end = rest.find('\n');
    if (end == std::string_view::npos) return {"no end of the changes"};
    std::string line(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    const bool last = rest.starts_with("]}");
    if (!last && line.back() == ',') line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

std::vector<std::string> lines_of_page(const exporter::ChangePage& page) {
  std::vector<std::string> lines;
  for (usize event = 0; event < page.events.size(); ++event) {
    std::string line;
    exporter::append_line(exporter::TextKind::Ndjson, page, event, line);
    line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> wanted_lines(MemoryStore& store, const exporter::ChangeFilter& filter) {
  exporter::ChangePage wanted;
  exporter::copy_wanted(filter, all_changes(store), wanted);
  return lines_of_page(wanted);
}

std::vector<std::string> lines_of_message(std::string_view message) {
  return message.starts_with("{") ? lines_of_json(message) : lines_of_page(page_of_flat(message));
}

std::string problem_of(const std::vector<std::string>& messages, u128 ledger_id,
                       const std::vector<std::string>& expected) {
  std::vector<std::string> lines;
  history::Place next;
  for (usize each = 0; each < messages.size(); ++each) {
    const auto head = sinks::read_change_message_head(std::as_bytes(std::span(messages[each])));
    if (!head) return fmt::format("message {}: {}", each, head.error().message);
    if (head->ledger_id != ledger_id) return fmt::format("message {} is of another ledger", each);
    if (head->coverage.from != next) {
      return fmt::format("message {} goes on at {}, the one before ends at {}", each,
                         head->coverage.from.position, next.position);
    }
    next = head->coverage.stand.next;
    const auto more = lines_of_message(messages[each]);
    if (more.size() != head->changes) return fmt::format("message {} miscounts", each);
    lines.insert(lines.end(), more.begin(), more.end());
  }
  for (usize line = 0; line < std::min(lines.size(), expected.size()); ++line) {
    if (lines[line] != expected[line]) {
      return fmt::format("change {} is\n{}\nexpected\n{}", line, lines[line], expected[line]);
    }
  }
  if (lines.size() == expected.size()) return {};
  return fmt::format("{} changes arrived, expected {}", lines.size(), expected.size());
}

}  // namespace florin::test
