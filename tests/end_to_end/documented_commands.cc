#include "tests/end_to_end/documented_commands.h"

#include <fstream>
#include <stdexcept>

#include "base/int128.h"

namespace florin::test {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kProgram = "florin ";
constexpr std::string_view kBalances =
    "| account | debits pending | debits posted | credits pending | credits posted |";

// Reads a page line by line.
class Page {
 public:
  explicit Page(const std::string& path)
      : file_(path), name_(path.substr(path.find_last_of('/') + 1)) {
    if (!file_) throw std::runtime_error("cannot read " + path);
  }

  std::vector<DocumentedStep> steps() {
    while (next()) {
      if (line_ == "```sh") read_commands();
      if (line_ == kBalances) read_balances();
    }
    return std::move(steps_);
  }

 private:
  bool next() {
    ++number_;
    return static_cast<bool>(std::getline(file_, line_));
  }
  [[noreturn]] void wrong(const std::string& what) const {
    throw std::runtime_error(place() + ": " + what);
  }
  std::string place() const { return name_ + ":" + std::to_string(number_); }

  void read_commands() {
    while (next() && line_ != "```") {
      if (line_.starts_with("#")) {
        add_comment();
      } else if (line_.starts_with(kProgram)) {
        expect_comment();
        steps_.push_back({place(), line_.substr(kProgram.size()), "", {}});
        open_ = true;
      } else if (open_ && steps_.back().comment.empty()) {
        steps_.back().command += "\n" + line_;
      } else {
        wrong("expected a command, or a comment below one");
      }
    }
    expect_comment();
    open_ = false;
  }

  void add_comment() {
    if (!open_) wrong("a comment without a command");
    steps_.back().comment += line_.substr(1);
  }

  void expect_comment() const {
    if (open_ && steps_.back().comment.empty()) {
      throw std::runtime_error(steps_.back().place + ": a command without a comment below it");
    }
  }

  void read_balances() {
    DocumentedStep table{place(), "", "", {}};
    next();  // The line below the header.
    while (next() && line_.starts_with("|")) table.balances.push_back(read_row());
    if (table.balances.empty()) wrong("a table of balances without any");
    steps_.push_back(std::move(table));
  }

  // "| 101 Ada | 0 | 10000 | 0 | 50000 |"
  ledger::Account read_row() const {
    ledger::Account account{};
    u128* const cells[] = {&account.id, &account.debits_pending, &account.debits_posted,
                           &account.credits_pending, &account.credits_posted};
    usize at = 0;
    for (u128* cell : cells) {
      at = line_.find_first_not_of("| ", at);
      const usize end = line_.find_first_of(" |", at);
      const auto number = parse_u128(line_.substr(at, end - at));
      if (!number) wrong("a balance that is no number");
      *cell = *number;
      at = line_.find('|', end);
    }
    return account;
  }

  std::ifstream file_;
  std::string name_;
  std::string line_;
  u32 number_ = 0;
  bool open_ = false;  // Whether the last step is a command of the block at hand.
  std::vector<DocumentedStep> steps_;
};

// Where `part` is not contained in `whole`: objects may have further members, arrays may not have
// further elements.
std::string uncontained(const Json& part, const Json& whole, const std::string& where) {
  if (part.is_object() && whole.is_object()) {
    for (const auto& [key, value] : part.items()) {
      if (!whole.contains(key)) return where + " has no '" + key + "'";
      const std::string found = uncontained(value, whole[key], where + "." + key);
      if (!found.empty()) return found;
    }
    return "";
  }
  if (part.is_array() && whole.is_array() && part.size() == whole.size()) {
    for (usize i = 0; i < part.size(); ++i) {
      const std::string found =
          uncontained(part[i], whole[i], where + "[" + std::to_string(i) + "]");
      if (!found.empty()) return found;
    }
    return "";
  }
  return part == whole ? "" : where + " is " + whole.dump() + ", not " + part.dump();
}

// "created, exists"
std::string outcomes_of(const Json& answer) {
  std::string outcomes;
  for (const Json& result : answer.value("results", Json::array())) {
    outcomes += (outcomes.empty() ? "" : ", ") + result.value("status", "");
  }
  return outcomes;
}

}  // namespace

std::vector<DocumentedStep> documented_steps(const std::string& path) { return Page(path).steps(); }

std::string difference(const std::string& comment, const Json& answer) {
  const std::string said = comment.substr(comment.find_first_not_of(' '));
  if (said.starts_with("{")) return uncontained(Json::parse(said), answer, "the answer");
  const std::string outcomes = outcomes_of(answer);
  return outcomes == said ? "" : "it answers '" + outcomes + "', not '" + said + "'";
}

}  // namespace florin::test
