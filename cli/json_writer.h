// Answers as JSON lines, as `florin client` writes them for programs. Whole numbers of 64 bits and
// more are written as decimal strings, so that no reader rounds them.
#pragma once

#include <string>

#include "cli/command.h"

namespace florin::cli {

// One line without its newline. All fields are there; look-ups have null for what is not found.
std::string to_json(const Answer& answer);
std::string to_json(const Failure& failure);

// The objects by themselves, as they stand in answers and requests.
std::string to_json(const ledger::Account& account);
std::string to_json(const ledger::Transfer& transfer);
std::string to_json(const ledger::AccountUpdate& update);

}  // namespace florin::cli
