// The short form of commands that people type: `create_accounts id=1 ledger=1 code=10, id=2 …;`,
// `lookup_accounts 1 2 99`, `query_transfers account_id=1 newest_first`, `trial_balance`, `help`. A
// line that begins with `{` is read as JSON.
#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/grammar_error.h"
#include "money/amount.h"

namespace florin::cli {

struct TypedLine {
  enum class Kind : u8 { Nothing, Request, Help, Exit };
  Kind kind = Kind::Nothing;
  Command command;    // Request
  std::string topic;  // Help: the command asked about, or empty.
};

// Amounts may be written in the currencies of these ledgers.
Parsed<TypedLine> parse_typed_line(std::string_view line, const money::LedgerNames& names = {});

}  // namespace florin::cli
