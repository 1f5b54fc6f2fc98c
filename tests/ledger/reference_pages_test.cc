// The pages of docs/reference say what the ledger does: every outcome in its order, with what it
// means for the id; every error; every field of every object.
#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "ledger/account.h"
#include "ledger/outcome.h"
#include "ledger/request.h"

namespace florin::ledger {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(std::string(FLORIN_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string page(const std::string& name) { return read_file("docs/reference/" + name + ".md"); }

std::string trimmed(std::string_view text, std::string_view around) {
  const usize first = text.find_first_not_of(around);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(around) - first + 1));
}

using Row = std::vector<std::string>;

std::vector<Row> rows_below(std::istringstream& lines) {
  std::vector<Row> rows;
  for (std::string line; std::getline(lines, line) && line.starts_with("|");) {
    Row row;
    std::istringstream cells(line.substr(1));
    for (std::string cell; std::getline(cells, cell, '|');) row.push_back(trimmed(cell, " `"));
    rows.push_back(row);
  }
  return rows;
}

// The rows of the page's only table whose header begins so, without the header.
std::vector<Row> table(const std::string& page_name, const std::string& header) {
  std::istringstream lines(page(page_name));
  std::vector<Row> rows;
  int tables = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(header)) continue;
    ++tables;
    std::getline(lines, line);
    rows = rows_below(lines);
  }
  EXPECT_EQ(tables, 1) << page_name << ": " << header;
  return rows;
}

bool begins_with(std::string_view text, std::string_view start) { return text.starts_with(start); }

// What an outcome means for the id of its event, in the words of the pages.
std::string id_word(std::string_view outcome, bool transient) {
  if (outcome == "created") return "used";
  if (begins_with(outcome, "exists") || outcome == "id_already_failed") return "taken";
  return transient ? "consumed" : "free";
}

bool consumes(AccountOutcome) { return false; }  // A refused account consumes nothing.
bool consumes(TransferOutcome outcome) { return is_transient(outcome); }
bool consumes(UpdateOutcome outcome) { return is_transient(outcome); }

// By precedence: `created` is what is left when nothing else applies, so it stands last.
template <class Outcome>
void expect_outcomes(const std::string& page_name, u32 end) {
  std::vector<u32> numbers;
  for (u32 number = 2; number < end; ++number) numbers.push_back(number);
  numbers.push_back(1);
  const std::vector<Row> rows = table(page_name, "| no. | outcome | id |");
  ASSERT_EQ(rows.size(), numbers.size()) << page_name;
  for (usize i = 0; i < rows.size(); ++i) {
    const auto outcome = static_cast<Outcome>(numbers[i]);
    ASSERT_EQ(rows[i].size(), 5u) << page_name << " " << name(outcome);
    EXPECT_EQ(rows[i][0], std::to_string(numbers[i])) << page_name;
    EXPECT_EQ(rows[i][1], name(outcome)) << page_name << " " << numbers[i];
    EXPECT_EQ(rows[i][2], id_word(name(outcome), consumes(outcome))) << rows[i][1];
    EXPECT_FALSE(rows[i][3].empty() || rows[i][4].empty()) << rows[i][1];
  }
}

TEST(ReferencePages, tell_each_outcome_in_its_order_and_what_it_means_for_the_id) {
  expect_outcomes<AccountOutcome>("create_accounts", kAccountOutcomeEnd);
  expect_outcomes<TransferOutcome>("create_transfers", kTransferOutcomeEnd);
  expect_outcomes<UpdateOutcome>("update_accounts", kUpdateOutcomeEnd);
}

TEST(ReferencePages, tell_each_error) {
  const std::vector<Row> rows = table("errors", "| code | name |");
  for (usize i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][0], std::to_string(i + 1));
    EXPECT_EQ(rows[i][1], name(static_cast<RefusalCode>(i + 1)));
  }
  EXPECT_EQ(name(static_cast<RefusalCode>(rows.size() + 1)), "unknown");
}

struct SchemaType {
  std::string as_told;  // As the pages write it.
  usize bytes = 0;      // 0 = a struct.
};

SchemaType schema_type(const std::string& type) {
  static const std::map<std::string, SchemaType> kTypes = {
      {"UInt128", {"u128", 16}}, {"ulong", {"u64", 8}}, {"uint", {"u32", 4}},
      {"ushort", {"u16", 2}},    {"ubyte", {"u8", 1}},  {"WideSum", {"u192", 24}}};
  const auto known = kTypes.find(type);
  return known == kTypes.end() ? SchemaType{type} : known->second;
}

struct SchemaField {
  std::string name;
  SchemaType type;
};

// What the pages tell as one row of bytes, the schema cuts into `reason_0`, `reason_1`, …
void add_field(const std::string& name, const SchemaType& type, std::vector<SchemaField>& found) {
  for (const std::string base : {"reason", "reserved"}) {
    const bool part = begins_with(name, base + "_") && std::isdigit(name[base.size() + 1]) != 0;
    if (!part) continue;
    if (found.empty() || found.back().name != base) found.push_back({base, {}});
    SchemaType& all = found.back().type;
    all.bytes += type.bytes;
    all.as_told = "u8 × " + std::to_string(all.bytes);
    return;
  }
  found.push_back({name, type});
}

// The fields that the schema gives a struct or table.
std::vector<SchemaField> schema_fields(const std::string& object) {
  std::istringstream lines(read_file("protocol/florin.fbs"));
  std::vector<SchemaField> found;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (begins_with(line, "struct " + object + " ") || begins_with(line, "table " + object + " ")) {
      inside = true;
      continue;
    }
    if (inside && line == "}") break;
    const usize colon = line.find(':');
    if (!inside || colon == std::string::npos) continue;
    const std::string type = line.substr(colon + 1, line.find(';') - colon - 1);
    add_field(trimmed(line.substr(0, colon), " "), schema_type(type), found);
  }
  EXPECT_FALSE(found.empty()) << object;
  return found;
}

struct ObjectPage {
  std::string object;
  std::string page_name;
  // Fields whose type the page tells better than the schema does.
  std::vector<std::string> own_types = {};
};

TEST(ReferencePages, tell_each_field_of_each_object_in_its_order) {
  const ObjectPage pages[] = {{"Account", "account"},
                              {"Transfer", "transfer"},
                              {"TransferStatus", "transfer_status"},
                              {"TransferBalances", "transfer_balances"},
                              {"Condition", "condition", {"minimum", "maximum"}},
                              {"AccountUpdate", "account_update"},
                              {"AccountChange", "account_change", {"update"}},
                              {"AccountLimits", "account_limits"},
                              {"LedgerTotals", "ledger_totals"},
                              {"AccountBalance", "account_balance"},
                              {"ChangeEvent", "change_event"},
                              {"QueryFilter", "query_filter", {"cursor"}}};
  for (const ObjectPage& each : pages) {
    const auto fields = schema_fields(each.object);
    const std::string header =
        each.object == "QueryFilter" ? "| field | type | of |" : "| field | type | ";
    std::vector<Row> rows = table(each.page_name, header);
    ASSERT_EQ(rows.size(), fields.size()) << each.page_name;
    for (usize i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i][0], fields[i].name) << each.page_name;
      if (std::count(each.own_types.begin(), each.own_types.end(), rows[i][0]) != 0) continue;
      EXPECT_EQ(rows[i][1], fields[i].type.as_told) << each.page_name << " " << rows[i][0];
    }
  }
}

TEST(ReferencePages, are_all_on_the_index) {
  const std::string index = page("README");
  for (const char* name :
       {"create_accounts", "create_transfers", "update_accounts", "lookup_accounts",
        "lookup_transfers", "lookup_limits", "query_accounts", "query_transfers",
        "get_account_changes", "get_account_transfers", "get_account_balances", "get_balance_at",
        "get_change_events", "get_statement", "get_trial_balance", "ping", "snapshot", "witness",
        "errors"}) {
    EXPECT_NE(index.find("](" + std::string(name) + ".md)"), std::string::npos) << name;
    EXPECT_TRUE(begins_with(page(name), "# ")) << name;
  }
}

}  // namespace
}  // namespace florin::ledger
