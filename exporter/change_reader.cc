#include "exporter/change_reader.h"

#include "base/check.h"

namespace florin::exporter {

ChangeReader::ChangeReader(history::Store& store) : store_(store) {
  request_.operation = ledger::Operation::GetChangeEvents;
}

Result<const ChangePage*> ChangeReader::read(const history::Place& place, u32 changes_max) {
  request_.clear_answer();
  request_.filter = ledger::QueryFilter{};
  request_.filter.limit = changes_max;
  request_.filter.cursor.next = place.position;
  request_.filter.cursor.index = place.index;
  request_.position = store_.readable();
  RETURN_IF_ERROR(store_.answer(request_));
  page_.events.swap(request_.change_events);
  page_.transfers.swap(request_.transfers);
  page_.balances.swap(request_.balances);
  page_.accounts.swap(request_.accounts);
  page_.account_changes.swap(request_.changes);
  CHECK(page_.events.size() <= changes_max && page_.balances.size() == page_.transfers.size());
  page_.next = page_.events.empty() ? place : place_after(page_.events.back());
  return &page_;
}

}  // namespace florin::exporter
