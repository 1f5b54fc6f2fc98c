#include "exporter/change_reader.h"

#include "base/check.h"

namespace florin::exporter {

ChangeReader::ChangeReader(history::Store& store) : store_(store) {
  request_.operation = ledger::Operation::GetChangeEvents;
}

// History looks at so many changes for an answer: where all of them are refused transfers, it has
// none, and there is more.
Status ChangeReader::ask(const history::Place& place, u32 changes_max, Refusals refusals) {
  request_.filter = ledger::QueryFilter{};
  request_.filter.limit = changes_max;
  request_.filter.kinds = refusals == Refusals::Included ? ledger::kChangeKindsDefined : 0;
  request_.filter.cursor.next = place.position;
  request_.filter.cursor.index = place.index;
  for (;;) {
    request_.clear_answer();
    request_.position = store_.readable();
    RETURN_IF_ERROR(store_.answer(request_));
    if (!request_.change_events.empty() || !request_.more) return {};
    request_.filter.cursor = request_.next_cursor;
  }
}

Result<const ChangePage*> ChangeReader::read(const history::Place& place, u32 changes_max,
                                             Refusals refusals) {
  RETURN_IF_ERROR(ask(place, changes_max, refusals));
  page_.events.swap(request_.change_events);
  page_.transfers.swap(request_.transfers);
  page_.balances.swap(request_.balances);
  page_.accounts.swap(request_.accounts);
  page_.account_changes.swap(request_.changes);
  CHECK(page_.events.size() <= changes_max && page_.balances.size() == page_.transfers.size());
  page_.next = {request_.next_cursor.next, static_cast<u32>(request_.next_cursor.index)};
  page_.last_logged_at = 0;
  if (page_.next == place) return &page_;
  if (!page_.events.empty() && place_after(page_.events.back()) == page_.next) {
    page_.last_logged_at = page_.events.back().timestamp;
    return &page_;
  }
  const auto logged = logged_at(place_before(page_.next));
  if (!logged) return tl::unexpected<Error>(logged.error());
  page_.last_logged_at = *logged;
  return &page_;
}

// Of a change that was left out.
Result<u64> ChangeReader::logged_at(const history::Place& place) {
  RETURN_IF_ERROR(ask(place, 1, Refusals::Included));
  const bool is_there =
      !request_.change_events.empty() && place_of(request_.change_events[0]) == place;
  if (is_there) return request_.change_events[0].timestamp;
  return fail(ErrorCode::Corrupt, "history looked at a change at position " +
                                      std::to_string(place.position) +
                                      " and does not find it again");
}

}  // namespace florin::exporter
