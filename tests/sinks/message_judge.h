// Judges what arrived on a bus: all changes of history, each once, in order, in messages that
// follow each other without a gap.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exporter/change_filter.h"
#include "exporter/change_page.h"
#include "tests/support/memory_store.h"

namespace florin::test {

// Each change as a line of NDJSON, without its end.
std::vector<std::string> lines_of_page(const exporter::ChangePage& page);
std::vector<std::string> wanted_lines(MemoryStore& store,
                                      const exporter::ChangeFilter& filter = {});
// The changes of a message of either form.
std::vector<std::string> lines_of_message(std::string_view message);

// Empty, or what is wrong with the messages, in the order of their arrival.
std::string problem_of(const std::vector<std::string>& messages, u128 ledger_id,
                       const std::vector<std::string>& expected);

}  // namespace florin::test
