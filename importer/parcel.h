// What goes from the thread that reads files to the one that talks to the server: some accounts,
// some transfers, and all that is needed to tell what became of their rows.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "importer/balance_check.h"
#include "ledger/account.h"
#include "ledger/transfer.h"

namespace florin::importer {

// A row by its place; its text stands in the parcel.
struct RowPlace {
  u32 file = 0;  // Of the import's list; kMappingFile: an account that the mapping brings.
  u64 line = 0;
  u64 text_offset = 0;
  u64 text_bytes = 0;
};

inline constexpr u32 kMappingFile = ~u32{0};

struct RefusedText {
  RowPlace row;
  std::string reason;
};

// Up to where an import has come: everything before it was taken or refused for good.
struct Progress {
  u64 rows = 0;   // Rows that were read, from the beginning of the first file.
  u32 file = 0;   // The one being read, ...
  u64 line = 0;   // ... the last line of it that counts, ...
  u64 bytes = 0;  // ... and the bytes up to that line's end.
  friend bool operator==(const Progress&, const Progress&) = default;
};

// The accounts are to be created first, then the transfers, each in one request.
struct Parcel {
  std::vector<ledger::Account> accounts;
  std::vector<ledger::Transfer> transfers;
  std::vector<u32> account_rows;   // Index in `rows`, for each account ...
  std::vector<bool> is_derived;    // ... that the importer opens for a transfer,
  std::vector<u32> transfer_rows;  // and for each transfer.
  std::vector<RowPlace> rows;
  std::vector<RefusedText> refused;
  std::string text;  // Of all rows, one after the other.
  u64 skipped = 0;
  std::vector<RecordedDay> days;  // To be compared once the parcel was taken.
  Progress end;                   // Behind it.
  bool is_last = false;
  Error error;  // Why reading stopped, with is_last; empty when it is done.

  bool is_empty() const { return accounts.empty() && transfers.empty() && refused.empty(); }
};

}  // namespace florin::importer
