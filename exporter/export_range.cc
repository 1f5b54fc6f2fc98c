#include "exporter/export_range.h"

#include <algorithm>
#include <string>

#include "exporter/change_reader.h"

namespace florin::exporter {

namespace {

constexpr u32 kPageChanges = 2048;

// Leaves out of a page what lies behind the range; says whether that was something.
bool cut_off(ChangePage& page, const history::Place& end) {
  const auto behind = std::ranges::find_if(
      page.events, [&](const ledger::ChangeEvent& event) { return place_of(event) >= end; });
  const bool reached = behind != page.events.end();
  page.events.erase(behind, page.events.end());
  return reached;
}

// Calls take(page) for all pages of the range.
template <class Take>
Status for_each_page(history::Store& store, const PlaceRange& range, Take&& take) {
  ChangeReader reader(store);
  ChangePage page;
  for (history::Place next = range.first; next < range.end;) {
    const auto read = reader.read(next, kPageChanges, range.refusals);
    if (!read) return tl::unexpected<Error>(read.error());
    if ((*read)->events.empty()) return {};
    page = **read;
    next = page.next;
    const bool last = cut_off(page, range.end);
    if (!page.events.empty()) RETURN_IF_ERROR(take(page));
    if (last) return {};
  }
  return {};
}

void add_page(const ChangePage& page, ExportProgress& progress) {
  progress.changes += page.events.size();
  progress.position = Position{page.events.back().position};
}

}  // namespace

Result<history::Place> first_place_from(history::Store& store, u64 time) {
  ChangeReader reader(store);
  u64 low = 0;
  u64 high = store.readable().value + 1;
  // The first change at or behind {low, 0} is earlier than `time` for all positions below `low`.
  while (low < high) {
    const u64 middle = low + (high - low) / 2;
    const auto page = reader.read({middle, 0}, 1, Refusals::Included);
    if (!page) return tl::unexpected<Error>(page.error());
    const bool earlier = !(*page)->events.empty() && (*page)->events[0].timestamp < time;
    if (earlier) {
      low = (*page)->events[0].position + 1;
    } else {
      high = middle;
    }
  }
  return history::Place{low, 0};
}

Result<ExportProgress> export_to_files(history::Store& store, const PlaceRange& range,
                                       FileSinkOptions options, const ExportReport& report) {
  options.first = range.first;
  options.refusals = range.refusals;
  FileSink sink(std::move(options));
  const auto begin = sink.open();
  if (!begin) return tl::unexpected<Error>(begin.error());
  ExportProgress progress;
  const Status done =
      for_each_page(store, {std::max(begin->next, range.first), range.end, range.refusals},
                    [&](const ChangePage& page) {
                      const auto delivered = sink.deliver(page, 0);
                      if (!delivered) return Status(tl::unexpected<Error>(delivered.error()));
                      add_page(page, progress);
                      report(progress);
                      return Status{};
                    });
  RETURN_IF_ERROR(done);
  RETURN_IF_ERROR(sink.close());
  return progress;
}

Result<ExportProgress> export_as_text(history::Store& store, const PlaceRange& range, TextKind kind,
                                      const std::function<Status(std::string_view)>& write,
                                      const ExportReport& report) {
  ExportProgress progress;
  std::string text(first_line(kind));
  const Status done = for_each_page(store, range, [&](const ChangePage& page) {
    for (usize event = 0; event < page.events.size(); ++event) {
      append_line(kind, page, event, text);
    }
    const Status written = write(text);
    text.clear();
    add_page(page, progress);
    report(progress);
    return written;
  });
  RETURN_IF_ERROR(done);
  RETURN_IF_ERROR(write(text));
  return progress;
}

}  // namespace florin::exporter
