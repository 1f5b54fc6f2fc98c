// How far an import has come, in a small file beside what is imported: written whole, after what it
// speaks of was acknowledged by the server. An import that was interrupted goes on behind it; what
// was sent and not written here is sent again, which ids make harmless.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "importer/input_file.h"
#include "importer/parcel.h"

namespace florin::importer {

struct ImportCounts {
  u64 accounts_created = 0;
  u64 accounts_existing = 0;  // They were there already, the same.
  u64 transfers_created = 0;
  u64 transfers_existing = 0;
  u64 refused = 0;  // Rows, by their text or by the ledger.
  u64 skipped = 0;  // Rows that the mapping passes over.
  friend bool operator==(const ImportCounts&, const ImportCounts&) = default;
};

struct JournalEntry {
  u64 mapping_checksum = 0;
  std::vector<FileIdentity> files;
  Progress progress;
  ImportCounts counts;
  u64 refused_bytes = 0;  // Of the file of refused rows.
};

// Nothing when there is no journal. Corrupt: it is none.
Result<std::optional<JournalEntry>> read_journal(const std::string& path);
Status write_journal(const std::string& path, const JournalEntry& entry);

// InvalidArgument when the journal is of other files, or of another mapping.
Status check_journal(const std::string& path, const JournalEntry& found,
                     const JournalEntry& expected);

}  // namespace florin::importer
