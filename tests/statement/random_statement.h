// Statements made from a seed, whole and consistent, with the texts and numbers that formats find
// hard: names in any letters, bytes that are no text, ids of 128 bits, days that are 23 and 25
// hours long.
#pragma once

#include <string>

#include "base/random.h"
#include "base/types.h"
#include "statement/statement.h"

namespace florin::test {

__extension__ typedef __int128 i128;

statement::Signed signed_of(i128 value);
i128 value_of(const statement::Signed& value);

// Nanoseconds since 1970 UTC when clocks that are so many seconds ahead of it show midnight.
u64 midnight_ns(const statement::Day& day, i64 offset_seconds);

// Balances and amounts have 11 digits at most, so that every format can hold them.
statement::Statement random_statement(Random& random, u32 entries_max);

// The one behind it: begins with what that one ended with.
statement::Statement random_statement_after(Random& random, const statement::Statement& before,
                                            u32 entries_max);

// Five entries in October 2026 in Berlin, the same always.
statement::Statement known_statement();

}  // namespace florin::test
