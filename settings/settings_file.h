// A file of settings in TOML (https://toml.io), read with errors that name the file, the line, what
// stands there and what was expected. What no reader asked for is an error too: a name typed wrong
// must not go unnoticed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace florin::settings {

struct FileState;

// A table of the file, or one that is not there. Its readers return what they were given as a
// fallback when something is wrong: the first error is told by SettingsFile::finish. Valid as long
// as its file; a cheap value.
class Section {
 public:
  bool exists() const { return table_ != nullptr; }
  bool has(std::string_view key) const;
  // Whether the value is a list, for keys that take one or a single value of another kind.
  bool is_list(std::string_view key) const;
  // Of a table whose keys are values themselves, in the order of their names.
  std::vector<std::string> keys() const;

  std::string text(std::string_view key, std::string_view fallback = "");
  std::string required_text(std::string_view key);
  bool truth(std::string_view key, bool fallback);
  u64 number(std::string_view key, u64 fallback, u64 least, u64 most);
  // A number in digits, with or without quotes: ids and amounts can have 128 bits.
  std::optional<u128> wide_number(std::string_view key);
  // A text, or a whole number as it stands there: for values such as "10.00 EUR" that may also be
  // written as a number.
  std::optional<std::string> text_or_number(std::string_view key);
  // Lists; a single value is a list of one.
  std::vector<std::string> texts(std::string_view key);
  std::vector<u128> wide_numbers(std::string_view key, u128 most);

  // A table, which need not be there; and a list of tables ([[key]]).
  Section section(std::string_view key);
  std::vector<Section> sections(std::string_view key);

  // Tells that the value of a key cannot be, and why: "expected …"; the section itself when the key
  // is not there.
  void refuse(std::string_view key, std::string_view why);
  // "sinks.toml line 12", for messages of others.
  std::string where(std::string_view key = "") const;

 private:
  friend class SettingsFile;
  Section(FileState* state, const void* table, std::string name)
      : state_(state), table_(table), name_(std::move(name)) {}
  const void* find(std::string_view key);

  FileState* state_;
  const void* table_;  // toml::table
  std::string name_;   // As in the file, such as "sink.nats".
};

// Belongs to one thread.
class SettingsFile {
 public:
  // NotFound, PermissionDenied, Io; InvalidArgument when it is no TOML.
  static Result<SettingsFile> open(const std::string& path);
  // The same of a text; `path` is for messages.
  static Result<SettingsFile> of_text(std::string_view text, const std::string& path);
  SettingsFile(SettingsFile&&) noexcept;
  SettingsFile& operator=(SettingsFile&&) noexcept;
  ~SettingsFile();

  Section root();
  // The first thing that was wrong, in the order of reading; otherwise the first key that nobody
  // asked for. InvalidArgument.
  Status finish() const;

 private:
  explicit SettingsFile(std::unique_ptr<FileState> state);
  std::unique_ptr<FileState> state_;
};

}  // namespace florin::settings
