// What a run of statements leaves behind, beside the statements themselves, in the folder of its
// period:
//
//   manifest-csv.json         the whole run: what it was made of, totals, its folders; written last
//   unfinished-csv.json       the same beginning, while the run goes on
//   00/statements-csv.ndjson  the files of one folder, a line each; there when the folder is whole
//   00/101.csv                a statement
//
// The manifest has the checksum of each list, the list that of each file. docs/statements.md tells
// the fields.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "statement/format.h"
#include "statement/period.h"
#include "statement/statement.h"

namespace florin::statement {

// What a run is made of: two runs with the same have the same bytes.
struct RunHead {
  Format format = Format::Csv;
  std::string period;
  u64 first_ns = 0;
  u64 last_ns = 0;
  std::string time_zone;
  u128 ledger_id = 0;
  Position as_of;
  u128 reference_checksum = 0;
  u32 per_folder = 0;  // Statements.
  friend bool operator==(const RunHead&, const RunHead&) = default;
};

// A statement in its file.
struct RunFile {
  u128 account_id = 0;
  std::string name;
  u64 bytes = 0;
  u128 checksum = 0;  // XXH128, as is every checksum here.
  u32 ledger = 0;
  std::string currency;
  u32 decimals = 0;
  u64 number = 0;  // Of the statement.
  u64 entries = 0;
  Signed opening;
  u128 credits = 0;
  u128 debits = 0;
  Signed closing;
};

// Of all statements of a ledger.
struct LedgerRunTotals {
  u32 ledger = 0;
  std::string currency;
  u32 decimals = 0;
  u64 statements = 0;
  u64 entries = 0;
  Signed opening;
  u128 credits = 0;
  u128 debits = 0;
  Signed closing;
  bool exceeded = false;  // One of the sums has more than 128 bits: none is told.
  friend bool operator==(const LedgerRunTotals&, const LedgerRunTotals&) = default;
};

class RunTotals {
 public:
  void add(const RunFile& file);
  void add(const RunTotals& other);
  void add(const LedgerRunTotals& other);
  // By ledger.
  const std::map<u32, LedgerRunTotals>& all() const { return all_; }
  friend bool operator==(const RunTotals&, const RunTotals&) = default;

 private:
  std::map<u32, LedgerRunTotals> all_;
};

struct RunFolder {
  std::string name;
  u64 statements = 0;
  u64 bytes = 0;      // Of the statements.
  u128 checksum = 0;  // Of the list.
  friend bool operator==(const RunFolder&, const RunFolder&) = default;
};

struct RunManifest {
  RunHead head;
  RunTotals totals;
  std::vector<RunFolder> folders;
};

std::string manifest_name(Format format);
std::string unfinished_name(Format format);
std::string list_name(Format format);
// "00", "01"; as many digits as the last one needs.
std::string folder_name(usize index, usize folders);

std::string head_text(const RunHead& head);
std::string manifest_text(const RunManifest& manifest);
// A line of a list, with its end.
std::string file_line(const RunFile& file);

// Corrupt, naming `path`, when the text is not what the above make.
Result<RunHead> parse_head(std::string_view text, const std::string& path);
Result<RunManifest> parse_manifest(std::string_view text, const std::string& path);
Result<std::vector<RunFile>> parse_list(std::string_view text, const std::string& path);

// Whether opening, credits and debits make the closing balance.
bool adds_up(const Signed& opening, u128 credits, u128 debits, const Signed& closing);

}  // namespace florin::statement
