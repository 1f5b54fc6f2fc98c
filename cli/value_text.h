// Values as people read them: sums wider than 128 bits in decimal, digits in groups of three, times
// of day, cursors.
#pragma once

#include <string>
#include <string_view>

#include "base/types.h"
#include "ledger/change_event.h"
#include "ledger/operation.h"
#include "ledger/query.h"
#include "ledger/transfer.h"

namespace florin::cli {

std::string to_decimal(const ledger::WideSum& sum);

// "1234567" becomes "1,234,567". The digits must be a decimal number without a sign.
std::string with_thousands(std::string_view digits);
std::string with_thousands(u128 value);

// "2024-11-21 03:00:00.000000001", in UTC.
std::string time_text(Timestamp timestamp);

// "3 d", "90 s": the largest unit in which it is whole.
std::string duration_text(u64 seconds);

// "pending"; empty for None.
std::string_view pending_status_name(ledger::PendingStatus status);

// "1234", or "1234:2" of a further change at that position.
std::string place_text(u64 position, u32 index);

// Of a ledger::ChangeKind: "transfer_created".
std::string_view change_kind_name(u8 kind);

// "100:250", or "100:250:2" where there is an index.
std::string cursor_text(const ledger::QueryCursor& cursor);

}  // namespace florin::cli
