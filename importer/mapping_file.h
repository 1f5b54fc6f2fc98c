// Reading a mapping from TOML; docs/import.md lists the keys. Errors name the file, the line, what
// stands there and what was expected.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "importer/mapping.h"

namespace florin::importer {

// NotFound, PermissionDenied, Io; InvalidArgument.
Result<Mapping> read_mapping_file(const std::string& path);
// The same of a text; `path` is for messages.
Result<Mapping> read_mapping_text(std::string_view text, const std::string& path);

}  // namespace florin::importer
