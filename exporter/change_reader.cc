#include "exporter/change_reader.h"

#include "base/check.h"

namespace florin::exporter {

ChangeReader::ChangeReader(history::Store& store) : store_(store) {
  request_.operation = ledger::Operation::GetChangeEvents;
}

Result<const ChangePage*> ChangeReader::read(const history::Place& place, u32 changes_max,
                                             Refusals refusals) {
  request_.filter = ledger::QueryFilter{};
  request_.filter.limit = changes_max;
  request_.filter.kinds = refusals == Refusals::Included ? ledger::kChangeKindsDefined : 0;
  request_.filter.cursor.next = place.position;
  request_.filter.cursor.index = place.index;
  // History looks at so many changes for an answer: where all of them are refused transfers, it has
  // none, and there is more.
  for (;;) {
    request_.clear_answer();
    request_.position = store_.readable();
    RETURN_IF_ERROR(store_.answer(request_));
    if (!request_.change_events.empty() || !request_.more) break;
    request_.filter.cursor = request_.next_cursor;
  }
  page_.events.swap(request_.change_events);
  page_.transfers.swap(request_.transfers);
  page_.balances.swap(request_.balances);
  page_.accounts.swap(request_.accounts);
  page_.account_changes.swap(request_.changes);
  CHECK(page_.events.size() <= changes_max && page_.balances.size() == page_.transfers.size());
  page_.next = {request_.next_cursor.next, static_cast<u32>(request_.next_cursor.index)};
  return &page_;
}

}  // namespace florin::exporter
