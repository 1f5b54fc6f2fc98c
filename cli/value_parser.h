// Values out of the text that people and programs write: moments, cursors, signed numbers.
#pragma once

#include <optional>
#include <string_view>

#include "base/types.h"
#include "cli/fields.h"

namespace florin::cli {

// A value in that form; nothing when the text is none. Not for Flags, Cursor and Text.
std::optional<u128> parse_value(FieldForm form, std::string_view text);

// What is expected of it, for messages: "decimal digits or …".
std::string_view expected_of(FieldForm form);

// "100:250", or "100:250:2".
std::optional<ledger::QueryCursor> parse_cursor(std::string_view text);

// Nanoseconds, below 2^63: 2026-10-01, 2026-10-01T12:00:00Z, 2026-10-01T12:00:00.5, with a space
// instead of the T if need be; UTC. A date alone is its first moment, or its last.
enum class DateMeans : u8 { FirstMoment, LastMoment };
std::optional<u64> parse_moment(std::string_view text, DateMeans date);

// A decimal number from -2^127 to 2^127-1, in two's complement.
std::optional<u128> parse_signed(std::string_view text);
// The same of a sign and an amount.
std::optional<u128> with_sign(bool negative, u128 amount);

}  // namespace florin::cli
