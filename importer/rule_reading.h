// Parts of a mapping as they stand in its file: how text is written, and the rule of one field.
#pragma once

#include <string_view>

#include "importer/mapping.h"
#include "settings/settings_file.h"

namespace florin::importer {

// How numbers are written in a file.
struct NumberSigns {
  char decimal = '.';
  char group = '\0';
};

// What is said in [format], or in the format of a table, beside what held before.
void read_format(settings::Section& section, TextFormat& format, NumberSigns& signs);

struct RuleContext {
  settings::Section lookups;  // [lookup]
  NumberSigns signs;
};

enum class RuleKind : u8 { Number, Flags, Moment };

struct RuleName {
  Table table;
  std::string_view key;
  u32 bits;
  RuleKind kind;
};

// The rule that stands under this key of a table.
ValueRule read_rule(settings::Section& section, const RuleName& name, const RuleContext& context);

}  // namespace florin::importer
