// Answers as aligned tables for people.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/table.h"
#include "money/amount.h"

namespace florin::cli {

// Whole lines. `command` is what was asked: its ids name the events and what was not found.
// Amounts are shown in the currencies of the ledgers that have names.
std::string render_answer(const Command& command, const Answer& answer, Colour colour,
                          const money::LedgerNames& names = {});

// "error (busy): …" and a newline.
std::string render_failure(const Failure& failure, Colour colour);

}  // namespace florin::cli
