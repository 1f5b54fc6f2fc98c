// The formats that statements are written in, and the one place that knows all of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/types.h"
#include "statement/statement.h"

namespace florin::statement {

enum class Format : u8 { Csv, Json, Camt053, Camt054, Mt940, Pdf };

inline constexpr Format kFormats[] = {Format::Csv,     Format::Json,  Format::Camt053,
                                      Format::Camt054, Format::Mt940, Format::Pdf};

// As people type it: "camt053".
std::string_view format_name(Format format);
std::optional<Format> parse_format(std::string_view name);
// "csv, json, camt053, camt054, mt940 or pdf".
std::string format_names();
// Of files, without the dot; no two formats share one.
std::string_view file_extension(Format format);

// Replaces `out` by a whole file with this statement: the same bytes for the same statement. Any
// number of threads. InvalidArgument when the format cannot say what stands in it, naming what.
Status write_statement(Format format, const Statement& statement, std::string& out);

}  // namespace florin::statement
