// The values of the rows that are not packs: where ids are, what became of them, accounts, the
// mark.
//
// Up to 256 ids that differ only in their last byte share a row, so that ids that ascend cost three
// bytes each. A run adds its part to the row, and parts are put behind each other when files are
// merged: a value is a list of parts, oldest first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "history/change.h"
#include "history/id_ranges.h"

namespace florin::history {

// Where an id is: a created transfer is the `transfer`-th of the pack at `place`; a consumed id has
// all that is known of it here.
struct IdRow {
  u8 last_byte = 0;
  u8 outcome = 0;  // Consumed: ledger::TransferOutcome. 0: created.
  Place place;     // Created: the pack's key. Consumed: its own.
  u32 transfer = 0;
  u64 number = 0;  // Consumed.
};

// What a hold or original was after a change that concerned it.
struct StatusRow {
  u8 last_byte = 0;
  bool reversed = false;
  ledger::PendingStatus status = ledger::PendingStatus::None;
  Place place;
  u128 remaining = 0;
};

void append_part(const std::vector<IdRow>& rows, std::string& value);
void append_part(const std::vector<StatusRow>& rows, std::string& value);
// Replaces `rows` by those of all parts. False: damaged.
[[nodiscard]] bool read_parts(std::string_view value, std::vector<IdRow>& rows);
[[nodiscard]] bool read_parts(std::string_view value, std::vector<StatusRow>& rows);

// What queries need to know of an account beside its changes.
struct AccountRow {
  Place place;  // Of its creation.
  u64 timestamp = 0;
  u32 ledger = 0;
  u16 code = 0;
};

std::string encode(const AccountRow& row);
[[nodiscard]] bool decode(std::string_view value, AccountRow& row);

// Version 1 kept no refusals; a store that began with it has them from where it was gone on with.
inline constexpr u32 kStoreFormatVersion = 2;
inline constexpr u32 kStoreFormatVersionLeast = 1;
constexpr bool is_known_format(u32 version) {
  return version >= kStoreFormatVersionLeast && version <= kStoreFormatVersion;
}

// What a run leaves behind for the next start.
struct MarkRow {
  u32 format_version = kStoreFormatVersion;
  u128 ledger_id = 0;
  Mark mark;
  u64 reversals = 0;
  u64 refusals_after = 0;  // Position: the refusals behind it are there.
  IdRanges::List ids;
};

std::string encode(const MarkRow& row);
// False: damaged. Of a format version that is not known here, only that is read.
[[nodiscard]] bool decode(std::string_view value, MarkRow& row);

}  // namespace florin::history
