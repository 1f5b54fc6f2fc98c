// Changes as lines, one form for all who tell them: the log by way of the reference ledger, a
// server, and the files of an export. Two of them agree when their lines are the same.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "client/answers.h"
#include "history/change.h"

namespace florin::test {

// What the log of a data directory says that happened, decided once more by the reference ledger.
// All of the log must be there, and nobody write it. In the order of places.
struct LoggedPast {
  std::vector<std::string> lines;
  std::vector<history::ConsumedId> consumed;  // Ids of transfers that refusals consumed.
};
Result<LoggedPast> read_logged_past(const std::string& data_directory);

void append_lines(const client::ChangePage& page, std::vector<std::string>& lines);

// The files that the manifest in the directory names, then the durable part of the open one.
Result<std::vector<std::string>> lines_of_export(const std::string& directory);

// Those of events up to this position: time makes holds expire while one looks.
std::vector<std::string> lines_until(const std::vector<std::string>& lines, Position end);

// The first difference, in words, or nothing.
std::string first_difference(const std::vector<std::string>& expected,
                             const std::vector<std::string>& actual);

}  // namespace florin::test
