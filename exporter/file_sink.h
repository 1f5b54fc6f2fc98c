// Exported files: every change of the ledger as a line of text, in dated files that are closed,
// compressed, listed in a manifest and never touched again.
//
// Where a file ends follows from the changes alone (the UTC day of logged time, and how much text
// it has), so that an export made again has the same files, byte for byte, with the same version of
// the compressing library. Closed files are named florin-2026-10-31-00001.ndjson.zst; the one that
// is written is open.part, and how far it is durable says open.json.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/types.h"
#include "exporter/durable_file.h"
#include "exporter/file_manifest.h"
#include "exporter/sink.h"

namespace florin::exporter {

struct FileSinkOptions {
  std::string directory;  // Made if missing.
  u128 ledger_id = 0;
  TextKind kind = TextKind::Ndjson;
  bool compressed = true;
  int compression_level = 3;
  Refusals refusals = Refusals::LeftOut;  // Whether its user delivers them: all files are alike.
  history::Place first;                   // Where a new directory begins.
  u64 text_bytes_max = 64 * kMiB;  // A file with so much text is closed: it is in memory then.
};

class FileSink final : public Sink {
 public:
  explicit FileSink(FileSinkOptions options) : options_(std::move(options)) {}

  // InvalidArgument: the directory was written with other options, or by another ledger.
  Result<SinkStand> open() override;
  Result<Delivery> deliver(const ChangePage& page, usize first) override;
  Status commit(const SinkStand& stand) override;
  // Closes the file of a day that is over.
  Status rest(Timestamp now) override;
  // Closes the open file, however small: the end of an export by hand.
  Status close();

  const Manifest& manifest() const { return manifest_; }

 private:
  Status check_manifest() const;
  Status resume(const OpenFile& file);
  Status begin_file(const ledger::ChangeEvent& change);
  Status write_out();
  Status close_file();
  Result<ClosedFile> store_closed();
  u64 file_number(const std::string& day) const;
  bool is_full_for(const ledger::ChangeEvent& change) const;
  std::string part_path() const { return options_.directory + "/open.part"; }

  const FileSinkOptions options_;
  Manifest manifest_;
  std::optional<OpenFile> open_;
  std::optional<GrowingFile> part_;
  std::string text_;  // Not in the file yet.
};

}  // namespace florin::exporter
