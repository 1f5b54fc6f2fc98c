#include "tests/statement/mt940_messages.h"

#include <regex>

#include <fmt/format.h>

namespace florin::test {

namespace {

struct Mt940Field {
  std::string tag;
  std::vector<std::string> lines;
};

// 15d: digits, a comma, and decimals behind it; 15 characters at most.
std::optional<i128> read_amount(const std::string& text, u32 decimals) {
  const usize comma = text.find(',');
  if (text.size() > 15 || comma == std::string::npos || comma == 0) return std::nullopt;
  if (text.size() - comma - 1 != decimals) return std::nullopt;
  i128 value = 0;
  for (const char each : text) {
    if (each != ',') value = value * 10 + (each - '0');
  }
  return value;
}

class Mt940Reader {
 public:
  Mt940Reader(std::string_view bytes, u32 decimals) : rest_(bytes), decimals_(decimals) {}

  Mt940Messages read() {
    while (!rest_.empty() && problem_.empty()) {
      Mt940Message message = read_message();
      if (problem_.empty()) result_.messages.push_back(std::move(message));
    }
    result_.problem = problem_;
    return result_;
  }

 private:
  void refuse(const std::string& why) {
    if (problem_.empty()) problem_ = why;
  }

  // Without its end.
  std::string take_line() {
    const usize end = rest_.find("\r\n");
    if (end == std::string_view::npos) {
      refuse("the last line has no end");
      rest_ = {};
      return "";
    }
    const std::string line(rest_.substr(0, end));
    rest_.remove_prefix(end + 2);
    if (!is_of_set_x(line)) refuse("'" + line + "' has characters that are not of set x");
    return line;
  }

  std::vector<Mt940Field> take_fields() {
    static const std::regex beginning(":([0-9]{2}[A-Z]?):(.*)");
    std::vector<Mt940Field> fields;
    for (std::string line = take_line(); line != "-" && problem_.empty(); line = take_line()) {
      std::smatch match;
      if (std::regex_match(line, match, beginning)) {
        fields.push_back({.tag = match[1], .lines = {match[2]}});
      } else if (fields.empty() || line.empty() || line[0] == ':' || line[0] == '-') {
        refuse("'" + line + "' is no line of a field");
      } else {
        fields.back().lines.push_back(line);
      }
      if (!fields.empty() && fields.back().lines.back().size() > 65)
        refuse("'" + line + "' is too long");
    }
    return fields;
  }

  // The next field must have one of the tags; those with one line only have one.
  Mt940Field expect(std::vector<Mt940Field>& fields, std::string_view tags, usize lines_max = 1) {
    if (fields.empty() || tags.find(fields.front().tag) == std::string_view::npos) {
      refuse(fmt::format("expected {}, found {}", tags, fields.empty() ? "-" : fields.front().tag));
      return {.tag = "", .lines = {""}};
    }
    Mt940Field field = fields.front();
    fields.erase(fields.begin());
    if (field.lines.size() > lines_max) refuse(field.tag + " has too many lines");
    return field;
  }

  std::string expect_text(std::vector<Mt940Field>& fields, std::string_view tag, usize most) {
    const std::string text = expect(fields, tag).lines.front();
    const bool slashes =
        text.starts_with('/') || text.ends_with('/') || text.find("//") != std::string::npos;
    if (text.empty() || text.size() > most || (tag == "20" && slashes)) {
      refuse(fmt::format("'{}' is no {}", text, tag));
    }
    return text;
  }

  Mt940Balance expect_balance(std::vector<Mt940Field>& fields, std::string_view tags) {
    static const std::regex form("([CD])([0-9]{6})([A-Z]{3})([0-9]+,[0-9]*)");
    const Mt940Field field = expect(fields, tags);
    std::smatch match;
    const std::string& text = field.lines.front();
    if (!std::regex_match(text, match, form) || !read_amount(match[4], decimals_)) {
      refuse("'" + text + "' is no balance");
      return {};
    }
    const i128 value = *read_amount(match[4], decimals_);
    if (match[1] == "D" && value == 0) refuse("a debit of nothing");
    return {.final = !field.tag.ends_with('M'),
            .date = match[2],
            .currency = match[3],
            .amount = match[4],
            .value = match[1] == "D" ? -value : value};
  }

  Mt940Entry expect_entry(std::vector<Mt940Field>& fields) {
    static const std::regex form(
        "([0-9]{6})([0-9]{4})(R?[CD])([0-9]+,[0-9]*)(N[A-Z0-9]{3})([^/]{1,16})(//(.{1,16}))?");
    const std::string line = expect(fields, "61").lines.front();
    std::smatch match;
    if (!std::regex_match(line, match, form) || !read_amount(match[4], decimals_)) {
      refuse("'" + line + "' is no statement line");
      return {};
    }
    Mt940Entry entry{.value_date = match[1],
                     .entry_date = match[2],
                     .mark = match[3],
                     .value = *read_amount(match[4], decimals_),
                     .type = match[5],
                     .reference = match[6],
                     .bank_reference = match[8],
                     .information = expect(fields, "86", 6).lines};
    // A reversed credit is a debit, and the other way round.
    if (entry.mark == "D" || entry.mark == "RC") entry.value = -entry.value;
    return entry;
  }

  Mt940Message read_message() {
    const usize before = rest_.size();
    std::vector<Mt940Field> fields = take_fields();
    Mt940Message message;
    message.characters = before - rest_.size();
    if (message.characters > 2000) refuse("the message is too long");
    message.reference = expect_text(fields, "20", 16);
    message.account = expect_text(fields, "25", 35);
    const std::string number = expect_text(fields, "28C", 11);
    static const std::regex form("([0-9]{1,5})/([0-9]{1,5})");
    std::smatch match;
    if (!std::regex_match(number, match, form)) refuse("'" + number + "' is no number");
    message.number = match[1];
    message.sequence = match[2];
    message.opening = expect_balance(fields, "60F 60M");
    while (!fields.empty() && fields.front().tag == "61" && problem_.empty()) {
      message.entries.push_back(expect_entry(fields));
    }
    message.closing = expect_balance(fields, "62F 62M");
    if (!fields.empty()) message.available = expect_balance(fields, "64");
    if (!fields.empty()) refuse(":" + fields.front().tag + ": is out of place");
    return message;
  }

  std::string_view rest_;
  u32 decimals_;
  Mt940Messages result_;
  std::string problem_;
};

}  // namespace

bool is_of_set_x(std::string_view text) {
  static const std::regex form("[a-zA-Z0-9/?:().,'+ -]*");
  return std::regex_match(text.begin(), text.end(), form);
}

Mt940Messages read_mt940(std::string_view bytes, u32 decimals) {
  return Mt940Reader(bytes, decimals).read();
}

}  // namespace florin::test
