#include "history/rocks_queries.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "history/account_walk.h"
#include "history/balance_at.h"
#include "history/change_walk.h"
#include "history/movement.h"
#include "history/page_filler.h"
#include "history/statement_query.h"
#include "ledger/outcome.h"

namespace florin::history {

using ledger::ChangeKind;
using ledger::Operation;
using ledger::QueryCursor;
using ledger::QueryFilter;
using ledger::Request;

namespace {

bool in_time(const QueryFilter& filter, u64 time) {
  return time >= filter.timestamp_min &&
         (filter.timestamp_max == 0 || time <= filter.timestamp_max);
}

bool is_created(const TransferChange& change) { return change.kind == ChangeKind::TransferCreated; }

bool refuse_cursor(Request& request, u64 as_of_max) {
  const u64 as_of = request.filter.cursor.as_of;
  if (as_of <= as_of_max) return false;
  request.refusal = ledger::RefusalCode::InvalidFilter;
  request.refusal_message = "cursor.as_of is " + std::to_string(as_of) +
                            "; expected a cursor that a reply has given, at most " +
                            std::to_string(as_of_max);
  return true;
}

// Look-ups of ids that memory did not know.
Status lookup_transfers(const StoreView& view, Request& request) {
  std::vector<u128> ids;
  std::vector<usize> indexes;
  for (usize index = 0; index < request.ids().size(); ++index) {
    if (request.transfer_statuses[index].outcome != 0) continue;
    ids.push_back(request.ids()[index]);
    indexes.push_back(index);
  }
  std::vector<FoundId> found(ids.size());
  RETURN_IF_ERROR(view.find(ids, request.position, found));
  std::vector<const ledger::Transfer*> created;
  std::vector<usize> created_indexes;
  for (usize at = 0; at < ids.size(); ++at) {
    request.transfer_statuses[indexes[at]].outcome = found[at].outcome;
    if (found[at].outcome != ledger::kCreated) continue;
    created.push_back(&found[at].created.transfer);
    created_indexes.push_back(indexes[at]);
  }
  std::vector<ledger::TransferStatus> statuses(created.size());
  RETURN_IF_ERROR(view.statuses(created, request.position, statuses));
  for (usize at = 0; at < created.size(); ++at) {
    request.transfers[created_indexes[at]] = *created[at];
    request.transfer_statuses[created_indexes[at]] = statuses[at];
  }
  return {};
}

// How many transfers had been created by then, which is not long ago. From the last creation of
// all backwards, by numbers: any number of refusals may stand behind it.
Result<u64> created_by(const StoreView& view, Position position) {
  ChangeWalk walk(view);
  RETURN_IF_ERROR(walk.seek_number(~u64{0}));
  while (walk.valid()) {
    const auto transfers = walk.transfers();
    std::optional<u64> first;
    for (usize index = transfers.size(); index-- > 0;) {
      const TransferChange& change = transfers[index];
      if (!is_created(change)) continue;
      if (change.place.position <= position.value) return change.number + 1;
      first = change.number;
    }
    if (first == u64{0}) return 0;
    RETURN_IF_ERROR(first ? walk.seek_number(*first - 1) : walk.previous());
  }
  return 0;
}

// The number of the first of the `count` first transfers that is not before this time.
Result<u64> first_created_from(const StoreView& view, u64 timestamp, u64 count) {
  ChangeWalk walk(view);
  RETURN_IF_ERROR(walk.seek_timestamp(timestamp));
  u64 next = 0;  // Number behind those that were looked at.
  while (walk.valid()) {
    for (const TransferChange& change : walk.transfers()) {
      if (!is_created(change)) continue;
      if (change.number >= count) return count;
      if (change.transfer.timestamp >= timestamp) return change.number;
      next = change.number + 1;
    }
    RETURN_IF_ERROR(walk.next());
    if (next < count && walk.valid()) RETURN_IF_ERROR(walk.skip_to_number(next));
  }
  return count;
}

// The transfers with numbers in [begin, end), in the page's order.
Status add_numbers(const StoreView& view, u64 begin, u64 end, bool newest_first, PageFiller& page) {
  if (begin == end) return {};
  const auto remains = [&](const TransferChange& change) {
    return is_created(change) && change.number >= begin && change.number < end;
  };
  const u64 last = newest_first ? begin : end - 1;
  u64 next = newest_first ? end - 1 : begin;
  ChangeWalk walk(view);
  RETURN_IF_ERROR(walk.seek_number(next));
  while (walk.valid()) {
    const auto transfers = walk.transfers();
    for (usize step = 0; step < transfers.size(); ++step) {
      const TransferChange& change = transfers[newest_first ? transfers.size() - 1 - step : step];
      if (!remains(change)) continue;
      const auto goes_on = page.add({change.number, 0}, change);
      RETURN_IF_ERROR(goes_on);
      if (!*goes_on) return {};
      if (change.number == last) return {};
      next = newest_first ? change.number - 1 : change.number + 1;
    }
    RETURN_IF_ERROR(newest_first ? walk.previous() : walk.next());
    if (walk.valid()) RETURN_IF_ERROR(walk.skip_to_number(next));
  }
  return {};
}

Status query_transfers(const StoreView& view, Request& request) {
  const QueryFilter& filter = request.filter;
  const auto count = created_by(view, request.position);
  RETURN_IF_ERROR(count);
  if (refuse_cursor(request, *count)) return {};
  const bool newest_first = (filter.flags & QueryFilter::kNewestFirst) != 0;
  const u64 as_of = filter.cursor.as_of == 0 ? *count : filter.cursor.as_of;
  u64 begin = 0;
  u64 end = as_of;
  if (filter.timestamp_min != 0) {
    const auto first = first_created_from(view, filter.timestamp_min, as_of);
    RETURN_IF_ERROR(first);
    begin = *first;
  }
  if (filter.timestamp_max != 0) {
    const auto first = first_created_from(view, filter.timestamp_max + 1, as_of);
    RETURN_IF_ERROR(first);
    end = std::max(begin, *first);
  }
  if (!newest_first) begin = std::min(std::max(begin, filter.cursor.next), end);
  if (newest_first && !(filter.cursor == QueryCursor{})) {
    end = std::max(std::min(end, filter.cursor.next), begin);
  }
  PageFiller page(view, request, false);
  RETURN_IF_ERROR(add_numbers(view, begin, end, newest_first, page));
  RETURN_IF_ERROR(page.finish());
  request.next_cursor = {newest_first ? end : begin, as_of};
  if (page.has_last()) request.next_cursor.next = page.last().position + (newest_first ? 0 : 1);
  request.more = page.more();
  return {};
}

// Get_account_transfers, and get_account_balances.
Status list_account(const StoreView& view, Request& request) {
  const QueryFilter& filter = request.filter;
  if (refuse_cursor(request, request.position.value)) return {};
  const bool first_page = filter.cursor == QueryCursor{};
  const bool newest_first = (filter.flags & QueryFilter::kNewestFirst) != 0;
  const u64 as_of = first_page ? request.position.value : filter.cursor.as_of;
  const Place from{filter.cursor.next, static_cast<u32>(filter.cursor.index)};
  auto range = places_of_time(view, filter.timestamp_min, filter.timestamp_max);
  RETURN_IF_ERROR(range);
  range->last = std::min(range->last, Place{as_of + 1, 0});
  if (!first_page && newest_first) range->last = std::min(range->last, from);
  if (!first_page && !newest_first) range->first = std::max(range->first, from);

  PageFiller page(view, request, request.operation == Operation::GetAccountBalances);
  AccountWalk walk(view, filter.account_id, *range, newest_first);
  for (;;) {
    const auto change = walk.next();
    RETURN_IF_ERROR(change);
    if (*change == nullptr) break;
    if (!in_time(filter, time_of(**change))) continue;
    const auto goes_on = page.add((*change)->place, **change);
    RETURN_IF_ERROR(goes_on);
    if (!*goes_on) break;
  }
  RETURN_IF_ERROR(page.finish());
  request.next_cursor = filter.cursor;
  request.next_cursor.as_of = as_of;
  if (page.has_last()) {
    request.next_cursor.next = page.last().position;
    request.next_cursor.index = page.last().index + (newest_first ? 0 : 1);
  }
  request.more = page.more();
  return {};
}

Status get_balance_at(const StoreView& view, Request& request) {
  const Timestamp time{request.filter.timestamp_max};
  for (const u128 id : request.ids()) {
    ledger::AccountBalance& balance = request.account_balances.emplace_back();
    const auto account = view.account(id, request.position);
    RETURN_IF_ERROR(account);
    if (!account->has_value() || (*account)->timestamp > time.ns) continue;
    const auto found = balance_at(view, id, (*account)->ledger, time, request.position);
    RETURN_IF_ERROR(found);
    balance = *found;
  }
  return {};
}

// A page of change events.
class ChangePage {
 public:
  ChangePage(const StoreView& view, Request& request) : view_(view), request_(request) {}

  Status fill() {
    const QueryFilter& filter = request_.filter;
    request_.next_cursor = filter.cursor;
    request_.more = false;
    const Place from{filter.cursor.next, static_cast<u32>(filter.cursor.index)};
    ChangeWalk walk(view_);
    RETURN_IF_ERROR(walk.seek(from));
    while (walk.valid() && !done_) {
      RETURN_IF_ERROR(add_block(walk, from));
      RETURN_IF_ERROR(walk.next());
    }
    return {};
  }

 private:
  Status add_block(const ChangeWalk& walk, const Place& from) {
    const auto before = [](const auto& object, const Place& place) { return object.place < place; };
    const auto transfers = walk.transfers();
    const auto others = walk.others();
    auto transfer = std::lower_bound(transfers.begin(), transfers.end(), from, before);
    auto other = std::lower_bound(others.begin(), others.end(), from, before);
    while (transfer != transfers.end() || other != others.end()) {
      const bool takes_other =
          transfer == transfers.end() || (other != others.end() && other->place < transfer->place);
      const Place& place = takes_other ? other->place : transfer->place;
      done_ = place.position > request_.position.value || is_full();
      if (done_) {
        request_.more = place.position <= request_.position.value;
        return {};
      }
      ++examined_;
      request_.next_cursor.next = place.position;
      request_.next_cursor.index = u64{place.index} + 1;
      if (takes_other) {
        RETURN_IF_ERROR(add(*other++));
      } else {
        add(*transfer++);
      }
    }
    return {};
  }

  bool is_full() const {
    return examined_ == ledger::kQueryExaminedMax ||
           request_.change_events.size() >= request_.filter.limit;
  }
  bool wants_kind(ChangeKind kind) const { return ledger::wants_kind(request_.filter.kinds, kind); }

  bool wants(const ledger::Transfer& transfer) const {
    const QueryFilter& filter = request_.filter;
    return ledger::wants(filter.ledger, transfer.ledger) &&
           ledger::wants(filter.code, transfer.code) &&
           (ledger::wants(filter.account_id, transfer.debit_account_id) ||
            ledger::wants(filter.account_id, transfer.credit_account_id));
  }

  template <class Object>
  ledger::ChangeEvent& add_event(const Place& place, u64 decided, ChangeKind kind,
                                 std::vector<Object>& objects, const Object& object) {
    ledger::ChangeEvent& event = request_.change_events.emplace_back();
    event.position = place.position;
    event.timestamp = decided;
    event.index = place.index;
    event.object = static_cast<u32>(objects.size());
    event.kind = static_cast<u8>(kind);
    objects.push_back(object);
    return event;
  }

  void add(const TransferChange& change) {
    if (!wants_kind(change.kind) || !wants(change.transfer)) return;
    ledger::ChangeEvent& event =
        add_event(change.place, change.decided, change.kind, request_.transfers, change.transfer);
    event.released = change.released;
    event.remaining = change.remaining;
    event.pending_status = static_cast<u8>(change.hold_status);
    request_.balances.push_back(change.balances);
  }

  Status add(const OtherChange& change) {
    if (!wants_kind(kind_of(change))) return {};
    if (const RefusedTransfer* const refused = change.refused()) {
      add(change, *refused);
      return {};
    }
    return add_account_change(change);
  }

  void add(const OtherChange& change, const RefusedTransfer& refused) {
    if (!wants(refused.transfer)) return;
    add_event(change.place, change.decided, ChangeKind::TransferRefused, request_.transfers,
              refused.transfer)
        .outcome = refused.outcome;
    request_.balances.emplace_back();
  }

  Status add_account_change(const OtherChange& change) {
    const QueryFilter& filter = request_.filter;
    const ledger::Account* const created = change.created();
    const u128 id = created != nullptr ? created->id : change.updated()->update.account_id;
    if (!ledger::wants(filter.account_id, id)) return {};
    if (filter.ledger != 0 || filter.code != 0) {
      const auto account = view_.account(id, request_.position);
      RETURN_IF_ERROR(account);
      if (!account->has_value() || !ledger::wants(filter.ledger, (*account)->ledger) ||
          !ledger::wants(filter.code, (*account)->code)) {
        return {};
      }
    }
    if (created != nullptr) {
      add_event(change.place, change.decided, ChangeKind::AccountCreated, request_.accounts,
                *created);
    } else {
      add_event(change.place, change.decided, ChangeKind::AccountUpdated, request_.changes,
                *change.updated());
    }
    return {};
  }

  const StoreView& view_;
  Request& request_;
  u32 examined_ = 0;
  bool done_ = false;
};

}  // namespace

Status answer_from(const StoreView& view, Request& request) {
  if (request.operation == Operation::LookupTransfers) return lookup_transfers(view, request);
  request.transfers.clear();
  request.transfer_statuses.clear();
  request.balances.clear();
  request.accounts.clear();
  request.changes.clear();
  request.change_events.clear();
  request.account_balances.clear();
  switch (request.operation) {
    case Operation::QueryTransfers: return query_transfers(view, request);
    case Operation::GetAccountTransfers:
    case Operation::GetAccountBalances: return list_account(view, request);
    case Operation::GetBalanceAt: return get_balance_at(view, request);
    case Operation::GetChangeEvents: return ChangePage(view, request).fill();
    case Operation::GetStatement:
      if (refuse_cursor(request, request.position.value)) return {};
      return get_statement(view, request);
    case Operation::LookupTransfers:
    case Operation::CreateAccounts:
    case Operation::CreateTransfers:
    case Operation::LookupAccounts:
    case Operation::GetTrialBalance:
    case Operation::UpdateAccounts:
    case Operation::LookupLimits:
    case Operation::QueryAccounts:
    case Operation::GetAccountChanges:
    case Operation::Tick: break;
  }
  return fail(ErrorCode::InvalidArgument,
              std::string(ledger::name(request.operation)) + " is not a question about the past");
}

}  // namespace florin::history
