#include "settings/settings_file.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/int128.h"

namespace florin::settings {

struct FileState {
  std::string path;
  toml::table root;
  std::optional<Error> error;
  std::set<const toml::node*> asked;
};

namespace {

std::string line_of(const FileState& state, const toml::node* node) {
  if (node == nullptr || !node->source().begin) return state.path;
  return fmt::format("{} line {}", state.path, node->source().begin.line);
}

const toml::table* as_table(const void* table) { return static_cast<const toml::table*>(table); }
const toml::node* as_node(const void* node) { return static_cast<const toml::node*>(node); }

std::string joined(const std::string& name, std::string_view key) {
  return name.empty() ? std::string(key) : name + "." + std::string(key);
}

// A value that nobody read, the first in the file.
const toml::node* not_asked(const FileState& state, const toml::table& table, std::string name,
                            std::string& found) {
  for (const auto& [key, node] : table) {
    const std::string here = joined(name, key.str());
    if (!state.asked.contains(&node)) {
      found = here;
      return &node;
    }
    const toml::node* deeper = nullptr;
    if (const toml::table* inner = node.as_table()) {
      deeper = not_asked(state, *inner, here, found);
    } else if (const toml::array* list = node.as_array()) {
      for (const toml::node& element : *list) {
        const toml::table* each = element.as_table();
        if (each != nullptr && deeper == nullptr) deeper = not_asked(state, *each, here, found);
      }
    }
    if (deeper != nullptr) return deeper;
  }
  return nullptr;
}

}  // namespace

bool Section::has(std::string_view key) const {
  return table_ != nullptr && as_table(table_)->contains(key);
}

bool Section::is_list(std::string_view key) const {
  return has(key) && as_table(table_)->get(key)->is_array();
}

std::vector<std::string> Section::keys() const {
  std::vector<std::string> keys;
  if (table_ == nullptr) return keys;
  for (const auto& [key, node] : *as_table(table_)) keys.emplace_back(key.str());
  return keys;
}

const void* Section::find(std::string_view key) {
  if (table_ == nullptr) return nullptr;
  const toml::node* node = as_table(table_)->get(key);
  if (node != nullptr) state_->asked.insert(node);
  return node;
}

void Section::refuse(std::string_view key, std::string_view why) {
  if (state_->error) return;
  const std::string what = has(key) ? joined(name_, key) : name_;
  state_->error = Error{ErrorCode::InvalidArgument,
                        fmt::format("{}: {}{}{}", where(key), what, what.empty() ? "" : ": ", why)};
}

std::string Section::where(std::string_view key) const {
  const toml::node* node = table_ == nullptr ? nullptr : as_table(table_)->get(key);
  if (node == nullptr && table_ != nullptr) node = as_table(table_);
  return line_of(*state_, node);
}

std::string Section::text(std::string_view key, std::string_view fallback) {
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return std::string(fallback);
  if (const auto* value = node->as_string()) return value->get();
  refuse(key, "expected a text in quotes");
  return std::string(fallback);
}

std::string Section::required_text(std::string_view key) {
  if (!has(key)) {
    refuse(key, fmt::format("'{}' is missing; expected {} = \"...\"", key, key));
    return "";
  }
  std::string value = text(key);
  if (value.empty()) refuse(key, "is empty; expected a text");
  return value;
}

bool Section::truth(std::string_view key, bool fallback) {
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return fallback;
  if (const auto* value = node->as_boolean()) return value->get();
  refuse(key, "expected true or false");
  return fallback;
}

u64 Section::number(std::string_view key, u64 fallback, u64 least, u64 most) {
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return fallback;
  const auto* value = node->as_integer();
  if (value != nullptr && value->get() >= 0) {
    const auto number = static_cast<u64>(value->get());
    if (number >= least && number <= most) return number;
  }
  refuse(key, fmt::format("expected a whole number from {} to {}", least, most));
  return fallback;
}

namespace {

std::optional<u128> wide_value(const toml::node& node) {
  if (const auto* value = node.as_integer()) {
    if (value->get() < 0) return std::nullopt;
    return static_cast<u64>(value->get());
  }
  if (const auto* value = node.as_string()) return parse_u128(value->get());
  return std::nullopt;
}

}  // namespace

std::optional<u128> Section::wide_number(std::string_view key) {
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return std::nullopt;
  const auto value = wide_value(*node);
  if (!value) refuse(key, "expected a whole number, such as 1234 or \"1234\"");
  return value;
}

std::optional<std::string> Section::text_or_number(std::string_view key) {
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_string()) return value->get();
  if (const auto* value = node->as_integer()) return fmt::format("{}", value->get());
  refuse(key, "expected a text in quotes, or a whole number");
  return std::nullopt;
}

std::vector<std::string> Section::texts(std::string_view key) {
  std::vector<std::string> values;
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return values;
  const auto take = [&](const toml::node& element) {
    if (const auto* value = element.as_string()) {
      values.push_back(value->get());
    } else {
      refuse(key, "expected texts in quotes, such as [\"a\", \"b\"]");
    }
  };
  if (const toml::array* list = node->as_array()) {
    for (const toml::node& element : *list) take(element);
  } else {
    take(*node);
  }
  return values;
}

std::vector<u128> Section::wide_numbers(std::string_view key, u128 most) {
  std::vector<u128> values;
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return values;
  const auto take = [&](const toml::node& element) {
    const auto value = wide_value(element);
    if (value && *value <= most) {
      values.push_back(*value);
    } else {
      refuse(key, "expected whole numbers up to " + to_decimal(most) + ", such as [1, 2]");
    }
  };
  if (const toml::array* list = node->as_array()) {
    for (const toml::node& element : *list) take(element);
  } else {
    take(*node);
  }
  return values;
}

Section Section::section(std::string_view key) {
  const toml::node* node = as_node(find(key));
  const std::string name = joined(name_, key);
  if (node == nullptr) return {state_, nullptr, name};
  if (const toml::table* table = node->as_table()) return {state_, table, name};
  refuse(key, fmt::format("expected a table, [{}]", name));
  return {state_, nullptr, name};
}

std::vector<Section> Section::sections(std::string_view key) {
  std::vector<Section> found;
  const toml::node* node = as_node(find(key));
  if (node == nullptr) return found;
  const std::string name = joined(name_, key);
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    refuse(key, fmt::format("expected tables, each begun with [[{}]]", name));
    return found;
  }
  for (const toml::node& element : *list) {
    if (const toml::table* table = element.as_table()) {
      found.push_back({state_, table, name});
    } else {
      refuse(key, fmt::format("expected tables, each begun with [[{}]]", name));
    }
  }
  return found;
}

SettingsFile::SettingsFile(std::unique_ptr<FileState> state) : state_(std::move(state)) {}
SettingsFile::SettingsFile(SettingsFile&&) noexcept = default;
SettingsFile& SettingsFile::operator=(SettingsFile&&) noexcept = default;
SettingsFile::~SettingsFile() = default;

Result<SettingsFile> SettingsFile::open(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_errno(errno, "open " + path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(ErrorCode::Io, "cannot read " + path);
  return of_text(text.str(), path);
}

Result<SettingsFile> SettingsFile::of_text(std::string_view text, const std::string& path) {
  auto state = std::make_unique<FileState>();
  state->path = path;
  try {
    state->root = toml::parse(text, std::string_view(path));
  } catch (const toml::parse_error& error) {
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("{} line {}: {}", path, error.source().begin.line, error.description()));
  }
  return SettingsFile(std::move(state));
}

Section SettingsFile::root() { return {state_.get(), &state_->root, ""}; }

Status SettingsFile::finish() const {
  if (state_->error) return tl::unexpected<Error>(*state_->error);
  std::string name;
  const toml::node* node = not_asked(*state_, state_->root, "", name);
  if (node == nullptr) return {};
  return fail(ErrorCode::InvalidArgument,
              line_of(*state_, node) + ": '" + name + "' is not known here");
}

}  // namespace florin::settings
