// Files of dead letters of any kind: NAME.ndjson has a line of JSON for each. Renamed to
// NAME.again.ndjson, they are delivered again by the server.
#pragma once

#include <exception>
#include <string>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/types.h"

namespace florin::exporter {

using LetterJson = nlohmann::ordered_json;

// A line, without its end; bytes that are no UTF-8 are replaced.
std::string letter_line(const LetterJson& letter);

// The lines of a file, without their ends; none when there is no file. The last one is left out if
// it was torn by a crash: it was not acknowledged.
Result<std::vector<std::string>> letter_lines(const std::string& path);

// The letters of a file. `parse` makes one of JSON, and throws where it cannot; Corrupt names the
// file then.
template <class Parse>
auto read_letters(const std::string& path, const Parse& parse)
    -> Result<std::vector<std::invoke_result_t<Parse, const LetterJson&>>> {
  const auto lines = letter_lines(path);
  if (!lines) return tl::unexpected<Error>(lines.error());
  std::vector<std::invoke_result_t<Parse, const LetterJson&>> letters;
  for (const std::string& line : *lines) {
    try {
      letters.push_back(parse(LetterJson::parse(line)));
    } catch (const std::exception& error) {
      return fail(ErrorCode::Corrupt, path + " has a line that is no dead letter (" + error.what() +
                                          "); remove the line, or the file");
    }
  }
  return letters;
}

// Renames the file at `path`, which has letters, to `again_path`, durably. AlreadyInUse: the file
// there has letters still (`before` of them), which were not `done` again yet, such as "sent".
Status rename_letters(const std::string& path, const std::string& again_path, usize before,
                      const std::string& done);

// What was asked for again is done: removes the file, durably.
Status remove_letters(const std::string& again_path);

}  // namespace florin::exporter
