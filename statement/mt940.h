// MT940 of SWIFT: statements for older bookkeeping programs, as messages of short lines.
// docs/statement-formats.md tells where each field comes from.
#pragma once

#include <string>

#include "base/result.h"
#include "statement/statement.h"

namespace florin::statement {

// A message has this many characters at most, line ends included: what does not fit goes on in the
// next one.
inline constexpr usize kMt940CharactersMax = 2000;

// The statement as one message or several, each ended by a line with '-'. Lines end with CR LF and
// have 65 characters at most, the tag of a field not counted. The same bytes for the same statement
// for ever; may be called by several threads at once. InvalidArgument, naming the statement or
// entry: there is no currency of three capital letters, an amount or balance has more than 15
// characters with its comma, an IBAN or a code of a transaction is not of its form, or there would
// be more than 99,999 messages.
Result<std::string> write_mt940(const Statement& statement);

}  // namespace florin::statement
