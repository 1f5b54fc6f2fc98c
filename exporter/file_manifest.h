// What a directory of exported files holds: one file `manifest.json` that names every closed file
// with its places, so that a reader knows what is whole, and `open.json` that says how far the open
// one is durable. Both are replaced whole.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "exporter/change_page.h"
#include "exporter/change_text.h"
#include "history/change.h"

namespace florin::exporter {

// A closed file. It never changes.
struct ClosedFile {
  std::string name;
  std::string day;       // The UTC day of all its changes, such as "2026-10-31".
  u64 number = 0;        // Among the files of the day, from 1.
  history::Place first;  // Of its first change, ...
  history::Place last;   // ... and of its last.
  u64 changes = 0;
  u64 text_bytes = 0;
  u64 stored_bytes = 0;
  u64 last_logged_at = 0;  // When the event of its last change was logged; nanoseconds.
  u128 checksum = 0;       // XXH3, 128 bits, of the stored bytes: what `xxh128sum` prints.
};

// The file that is being written.
struct OpenFile {
  std::string day;
  u64 number = 0;
  history::Place first;
  history::Place last;
  u64 changes = 0;
  u64 last_logged_at = 0;
  u64 text_bytes = 0;  // Durable; what the file has beyond is not valid.
};

struct Manifest {
  u128 ledger_id = 0;
  TextKind kind = TextKind::Ndjson;
  bool compressed = true;
  Refusals refusals = Refusals::LeftOut;
  history::Place next;  // Behind everything closed.
  std::vector<ClosedFile> files;
};

// Nothing when there is none. Corrupt: not a manifest; the message names the file.
Result<std::optional<Manifest>> read_manifest(const std::string& directory);
Status write_manifest(const std::string& directory, const Manifest& manifest);

Result<std::optional<OpenFile>> read_open_file(const std::string& directory);
Status write_open_file(const std::string& directory, const OpenFile& file);
Status remove_open_file(const std::string& directory);

}  // namespace florin::exporter
