// A range of changes exported by hand, into files as the file sink makes them, or as plain text.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.h"
#include "base/types.h"
#include "exporter/change_text.h"
#include "exporter/file_sink.h"
#include "history/store.h"

namespace florin::exporter {

// Places from `first` up to `end`, which is not included.
struct PlaceRange {
  history::Place first;
  history::Place end{~u64{0}, 0};
  Refusals refusals = Refusals::LeftOut;
};

// The first place whose event was logged at `time` (nanoseconds) or later; behind everything when
// there is none. Logged time ascends with places, so that this takes some forty look-ups.
Result<history::Place> first_place_from(history::Store& store, u64 time);

struct ExportProgress {
  u64 changes = 0;
  Position position;  // Of the last change written.
};
using ExportReport = std::function<void(const ExportProgress&)>;

// Appends to a directory: goes on where its manifest ends, from range.first in a new one, and
// closes the last file. The report is called for every page.
Result<ExportProgress> export_to_files(history::Store& store, const PlaceRange& range,
                                       FileSinkOptions options, const ExportReport& report);

// Gives the lines, in pieces, to `write`.
Result<ExportProgress> export_as_text(history::Store& store, const PlaceRange& range, TextKind kind,
                                      const std::function<Status(std::string_view)>& write,
                                      const ExportReport& report);

}  // namespace florin::exporter
