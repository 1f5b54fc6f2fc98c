// Pages of a query: which objects one page looks at, and where the next one begins.
#pragma once

#include <algorithm>

#include "engine/planted.h"
#include "ledger/query.h"

namespace florin::engine {

// The numbers that remain to be looked at, and of these the ones that this page looks at.
struct PageRange {
  u64 begin = 0;  // All that remains: [begin, end).
  u64 end = 0;
  u64 first = 0;  // This page: [first, last).
  u64 last = 0;
  u64 as_of = 0;
  bool newest_first = false;
  bool needs_older = false;  // Not all of this page is known here; what stands above is not it.

  // The page has looked at all of [first, last), or stopped after the number `taken`.
  ledger::QueryCursor cursor_at_end() const { return {newest_first ? first : last, as_of}; }
  ledger::QueryCursor cursor_after(u64 taken) const {
    if (planted(Defect::PageSkipsOne)) return {newest_first ? taken - 1 : taken + 2, as_of};
    return {newest_first ? taken : taken + 1, as_of};
  }
  bool more(const ledger::QueryCursor& next) const {
    return newest_first ? next.next > begin : next.next < end;
  }
  // The number in the page's direction, from 0.
  u64 at(u64 step) const { return newest_first ? last - 1 - step : first + step; }
  u64 size() const { return last - first; }
};

// How many objects there were when the first page of the filter's query was answered; `count` is
// how many there are now.
inline u64 page_as_of(const ledger::QueryFilter& filter, u64 count) {
  return filter.cursor.as_of == 0 ? count : filter.cursor.as_of;
}

// `timestamp_of(number)` is the timestamp of an object below `as_of`; it grows with the number. Of
// numbers below `known_from` it is not known here.
template <class TimestampOf>
PageRange page_range(const ledger::QueryFilter& filter, u64 as_of, TimestampOf&& timestamp_of,
                     u64 known_from = 0) {
  // The first number whose timestamp is at least `timestamp`; 0 when it may not be known.
  const auto first_from = [&](u64 timestamp) {
    u64 low = std::min(known_from, as_of);
    u64 high = as_of;
    while (low < high) {
      const u64 middle = low + (high - low) / 2;
      if (timestamp_of(middle) < timestamp) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low > known_from ? low : 0;
  };
  const u64 from = filter.timestamp_min == 0 ? 0 : first_from(filter.timestamp_min);
  const u64 to = filter.timestamp_max == 0 ? as_of : first_from(filter.timestamp_max + 1);
  PageRange range;
  range.as_of = as_of;
  range.newest_first = (filter.flags & ledger::QueryFilter::kNewestFirst) != 0;
  const bool first_page = filter.cursor == ledger::QueryCursor{};
  if (range.newest_first) {
    range.end = first_page ? to : std::min(to, filter.cursor.next);
    range.begin = std::min(from, range.end);
    range.last = range.end;
    range.first = range.end - std::min<u64>(range.end - range.begin, ledger::kQueryExaminedMax);
  } else {
    range.begin = std::max(from, filter.cursor.next);
    range.end = std::max(range.begin, to);
    range.first = range.begin;
    range.last = range.begin + std::min<u64>(range.end - range.begin, ledger::kQueryExaminedMax);
  }
  if (known_from == 0) return range;
  const bool unknown_from = filter.timestamp_min != 0 && from == 0;
  range.needs_older = (filter.timestamp_max != 0 && to == 0) || range.first < known_from ||
                      (unknown_from && range.first == known_from);
  return range;
}

}  // namespace florin::engine
